// Function keys are the buttons of the bar at the bottom: a key presses its button, nothing more.
'use strict';

(() => {
  const nameOf = (event) => {
    const parts = [];
    if (event.ctrlKey || event.metaKey) parts.push('Ctrl');
    if (event.altKey) parts.push('Alt');
    if (event.shiftKey && /^F\d+$/.test(event.key)) parts.push('Shift');
    parts.push(event.key.length === 1 ? event.key.toUpperCase() : event.key);
    return parts.join('+');
  };

  const errors = () => chukan.all('[aria-invalid=true]');

  const stepError = (forward) => {
    const places = errors();
    if (!places.length) return false;
    const here = places.indexOf(document.activeElement);
    const next = here < 0 ? 0 : (here + (forward ? 1 : -1) + places.length) % places.length;
    chukan.focus(places[next]);
    return true;
  };

  const buttonOf = (key) => chukan.one(`[data-key="${CSS.escape(key)}"]`);

  document.addEventListener('keydown', (event) => {
    if (chukan.isComposing(event)) return;
    const key = nameOf(event);
    if (chukan.one('#lock-cover[open], #blank-cover[open]')) return;
    const modal = chukan.one('dialog[open]');
    if (key === 'Ctrl+Alt+L') {
      event.preventDefault();
      document.dispatchEvent(new CustomEvent('chukan:blank'));
      return;
    }
    if (modal) {
      if (/^(Shift\+)?F\d+$|^Ctrl\+K$/.test(key)) event.preventDefault();
      return;
    }
    if ((key === 'F6' || key === 'Shift+F6') && stepError(key === 'F6')) {
      event.preventDefault();
      return;
    }
    if (event.key === '?' && !chukan.isTyping(event.target)) {
      event.preventDefault();
      chukan.openDialog(chukan.one('#help-dialog'));
      return;
    }
    // Main scrolls by itself; scrolling keys reach it also before anything has the focus.
    if (document.activeElement === document.body && /^(PageUp|PageDown|ArrowUp|ArrowDown|Home|End)$/.test(event.key)) {
      const main = chukan.one('#main');
      const step = { PageUp: -0.9, PageDown: 0.9, ArrowUp: -0.05, ArrowDown: 0.05, Home: -1e6, End: 1e6 }[event.key];
      main.scrollBy({ top: step * main.clientHeight });
    }
    const button = buttonOf(key);
    if (button) {
      event.preventDefault();
      if (button.getAttribute('aria-disabled') !== 'true' && !button.disabled) button.click();
      return;
    }
    // Keys that belong to us on other screens do nothing here, instead of something the browser means by them.
    if (/^F(1|2|3|4|6|7|8|9|10|12)$/.test(key)) event.preventDefault();
  });

  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-act=blank]')) document.dispatchEvent(new CustomEvent('chukan:blank'));
    if (event.target.closest('[data-act=next-error]')) stepError(true);
    const link = event.target.closest('[data-error-link]');
    if (link) {
      const target = document.getElementById(link.hash.slice(1));
      if (target) {
        event.preventDefault();
        chukan.focus(target.matches('fieldset') ? (chukan.one('input', target) ?? target) : target);
      }
    }
  });

  // The key list of the help dialog is written from the real bar, so that it cannot disagree with it.
  const fillKeyList = () => {
    const list = chukan.one('[data-keylist]');
    if (!list) return;
    const pairs = chukan.all('.keybar [data-key]').map((key) => [key.dataset.key, key.textContent.replace(key.dataset.key, '').trim()]);
    if (chukan.one('table[data-rows]')) {
      pairs.push(['↑ ↓ / j k', '行を移る（一覧の中）'], ['Home / End', '最初・最後の行へ'], ['Enter / o', '行を開く']);
      if (chukan.one('table[data-rows] input[type=checkbox]')) pairs.push(['Space / x', '行を選ぶ'], ['Shift+Space', '前に選んだ行からここまで選ぶ']);
    }
    pairs.push(['F6 / Shift+F6', '次・前の誤りへ'], ['Esc', '開いている窓を閉じる'], ['?', 'このキーの一覧']);
    const seen = new Set();
    list.replaceChildren(...pairs.filter(([key]) => !seen.has(key) && seen.add(key)).flatMap(([key, text]) => {
      const dt = document.createElement('dt');
      const dd = document.createElement('dd');
      dt.textContent = key;
      dd.textContent = text;
      return [dt, dd];
    }));
  };
  // A key whose button is not on the page (yet) stays in its place, without effect.
  const markIdle = () => {
    chukan.all('.keybar [data-click]').forEach((key) => {
      if (chukan.one(key.dataset.click)) key.removeAttribute('aria-disabled');
      else key.setAttribute('aria-disabled', 'true');
    });
  };
  document.addEventListener('htmx:after:swap', markIdle);
  document.addEventListener('DOMContentLoaded', () => {
    fillKeyList();
    markIdle();
  });
})();
