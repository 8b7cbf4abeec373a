// Rows that take the focus: ↑↓ j k Home End to move, Enter or o to open, Space or x to select.
// The keys work only while a row has the focus, so they never steal a character from typing.
'use strict';

(() => {
  const rowsOf = (table) => chukan.all(':scope > tbody > tr', table);

  const setCurrent = (row) => {
    const table = row.closest('table[data-rows]');
    rowsOf(table).forEach((other) => { other.tabIndex = other === row ? 0 : -1; });
  };

  const prepare = (root = document) => {
    chukan.all('table[data-rows]', root).forEach((table) => {
      const rows = rowsOf(table);
      if (!rows.length) return;
      const current = rows.find((row) => row === document.activeElement) ?? rows.find((row) => row.tabIndex === 0) ?? rows[0];
      rows.forEach((row) => { row.tabIndex = row === current ? 0 : -1; });
    });
  };

  const move = (row, to) => {
    if (!to) return;
    setCurrent(to);
    to.focus();
    to.scrollIntoView({ block: 'nearest' });
  };

  const open = (row) => {
    const link = chukan.one('[data-open]', row) ?? chukan.one('a[href]', row);
    link?.click();
  };

  let anchor = null;
  const checkOf = (row) => chukan.one('input[type=checkbox]', row);
  const toggle = (row, range) => {
    const box = checkOf(row);
    if (!box) return;
    const rows = rowsOf(row.closest('table'));
    if (range && anchor?.isConnected) {
      const [from, to] = [rows.indexOf(anchor), rows.indexOf(row)].sort((a, b) => a - b);
      rows.slice(from, to + 1).forEach((other) => { const inner = checkOf(other); if (inner) inner.checked = true; });
    } else {
      box.checked = !box.checked;
      anchor = row;
    }
    box.dispatchEvent(new Event('change', { bubbles: true }));
  };

  document.addEventListener('keydown', (event) => {
    if (chukan.isComposing(event) || event.ctrlKey || event.altKey || event.metaKey) return;
    const row = event.target;
    if (!(row instanceof HTMLTableRowElement) || !row.closest('table[data-rows]')) return;
    const rows = rowsOf(row.closest('table'));
    const index = rows.indexOf(row);
    const steps = {
      ArrowDown: () => move(row, rows[index + 1]),
      j: () => move(row, rows[index + 1]),
      ArrowUp: () => move(row, rows[index - 1]),
      k: () => move(row, rows[index - 1]),
      Home: () => move(row, rows[0]),
      End: () => move(row, rows.at(-1)),
      Enter: () => open(row),
      o: () => open(row),
      ' ': () => toggle(row, event.shiftKey),
      x: () => toggle(row, false),
    };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    step();
  });

  document.addEventListener('focusin', (event) => {
    const row = event.target.closest?.('table[data-rows] > tbody > tr');
    if (row) setCurrent(row);
  });

  const countSelected = () => {
    chukan.all('[data-selection]').forEach((form) => {
      const boxes = chukan.all('tbody input[type=checkbox]', form);
      const chosen = boxes.filter((box) => box.checked);
      boxes.forEach((box) => box.closest('tr').setAttribute('aria-selected', String(box.checked)));
      const count = chukan.one('[data-selected-count]', form);
      if (count) count.textContent = `${chosen.length}件を選択中`;
      chukan.all('[data-needs-selection]', form).forEach((button) => button.setAttribute('aria-disabled', String(!chosen.length)));
      const all = chukan.one('[data-select-all]', form);
      if (all) {
        all.checked = boxes.length > 0 && chosen.length === boxes.length;
        all.indeterminate = chosen.length > 0 && chosen.length < boxes.length;
      }
    });
  };
  document.addEventListener('change', (event) => {
    const all = event.target.closest('[data-select-all]');
    if (all) chukan.all('tbody input[type=checkbox]', all.closest('[data-selection]')).forEach((box) => { box.checked = all.checked; });
    countSelected();
  });
  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-needs-selection]');
    if (button?.getAttribute('aria-disabled') === 'true') {
      event.preventDefault();
      chukan.announce('先に一覧で加入者を選んでください。');
    }
  });

  document.addEventListener('DOMContentLoaded', () => { prepare(); countSelected(); });
  document.addEventListener('htmx:after:swap', () => prepare());
})();
