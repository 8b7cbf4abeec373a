// Small comforts at fields: dates shown back in 和暦 and 西暦, 「この項目を消す」, 個人番号 in fours and hidden on leaving,
// a question before what was typed is thrown away.
'use strict';

(() => {
  const ERAS = [['R', '令和', 2019], ['H', '平成', 1989], ['S', '昭和', 1926], ['T', '大正', 1912], ['M', '明治', 1868]];
  const STARTS = { R: '2019-05-01', H: '1989-01-08', S: '1926-12-25', T: '1912-07-30', M: '1868-01-25' };

  const iso = (year, month, day) => {
    const value = new Date(Date.UTC(year, month - 1, day));
    if (value.getUTCFullYear() !== year || value.getUTCMonth() !== month - 1 || value.getUTCDate() !== day) return null;
    return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
  };

  // Only an echo for the person typing; the server reads what was typed and decides.
  const readDate = (typed) => {
    const text = typed.normalize('NFKC').trim().toUpperCase().replace(/\s+/g, '');
    let found = /^(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?$/.exec(text);
    if (found) return iso(Number(found[1]), Number(found[2]), Number(found[3]));
    found = /^([RHSTM]|令和|平成|昭和|大正|明治)(\d{1,2}|元)[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(text)
      ?? /^([RHSTM]|令和|平成|昭和|大正|明治)(\d{2})(\d{2})(\d{2})$/.exec(text);
    if (!found) return null;
    const era = ERAS.find(([letter, name]) => letter === found[1] || name === found[1]);
    const year = found[2] === '元' ? 1 : Number(found[2]);
    return year < 1 ? null : iso(era[2] + year - 1, Number(found[3]), Number(found[4]));
  };

  const wareki = (day) => {
    const [letter, name, base] = ERAS.find(([head]) => day >= STARTS[head]) ?? [];
    if (!letter) return day;
    const [year, month, date] = day.split('-').map(Number);
    const count = year - base + 1;
    return `${name}${count === 1 ? '元' : count}年${month}月${date}日（${day}）`;
  };

  const echoDate = (input) => {
    const place = document.getElementById(`${input.id}-echo`);
    const day = input.value ? readDate(input.value) : null;
    if (place) place.textContent = day ? wareki(day) : '';
  };

  // While typing, not on leaving: an echo that appears under a pressed mouse button moves what is being clicked.
  document.addEventListener('input', (event) => {
    if (event.target.matches?.('input[data-date]')) echoDate(event.target);
  });

  document.addEventListener('focusout', (event) => {
    if (event.target.matches?.('input[data-bango]') && event.target.value) event.target.type = 'password';
  });

  document.addEventListener('focusin', (event) => {
    const input = event.target;
    if (!input.matches?.('input[data-bango]')) return;
    input.type = 'text';
  });

  const digitsOf = (text) => text.normalize('NFKC').replace(/\D/g, '');

  document.addEventListener('input', (event) => {
    const input = event.target;
    if (!input.matches?.('input[data-bango]') || event.isComposing) return;
    const digits = digitsOf(input.value).slice(0, 12);
    const before = digitsOf(input.value.slice(0, input.selectionStart)).slice(0, 12).length;
    const grouped = digits.replace(/(\d{4})(?=\d)/g, '$1 ');
    if (input.value === grouped) return;
    // The caret stays at its digit, on the side of a gap where the next key works on.
    const gaps = event.inputType === 'deleteContentForward' ? before / 4 : (before - 1) / 4;
    const caret = before + Math.max(0, Math.floor(gaps));
    input.value = grouped;
    input.setSelectionRange(caret, caret);
  });

  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-clear]');
    if (!button) return;
    const control = document.getElementById(button.dataset.clear);
    const flag = chukan.one(`[data-clear-for="${CSS.escape(button.dataset.clear)}"]`);
    const pressed = button.getAttribute('aria-pressed') !== 'true';
    button.setAttribute('aria-pressed', String(pressed));
    flag.disabled = !pressed;
    if (control.matches('input, textarea')) control.readOnly = pressed;
    chukan.announce(pressed ? '確認へ進むと、この項目を消します。' : '消すのをやめました。');
  });

  // Leaving a form with something in it asks first: one key would throw all of it away. `data-typed`: a page that shows
  // what was typed on the page before; a page without a form is such a page too.
  const isTouched = (control) => {
    if (control.matches('[data-clear-for]')) return !control.disabled;
    if (control.matches('input[type=checkbox], input[type=radio]')) return control.checked !== control.defaultChecked;
    if (control.matches('select')) {
      return control.selectedIndex !== Math.max(0, [...control.options].findIndex((option) => option.defaultSelected));
    }
    return control.matches('input, textarea') && control.type !== 'hidden' && control.value !== control.defaultValue;
  };

  document.addEventListener('click', (event) => {
    const link = event.target.closest('[data-leave]');
    if (!link) return;
    const form = chukan.one('#entry');
    if (form && !form.hasAttribute('data-typed') && ![...form.elements].some(isTouched)) return;
    event.preventDefault();
    chukan.openDialog(document.getElementById(link.dataset.leave));
  });

  // A second press of a submit button is not a second act.
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (form.method === 'dialog' || form.hasAttribute('data-free') || event.defaultPrevented) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = '1';
    setTimeout(() => { delete form.dataset.sent; }, 4000);
  });
  window.addEventListener('pageshow', () => chukan.all('form[data-sent]').forEach((form) => { delete form.dataset.sent; }));

  document.addEventListener('DOMContentLoaded', () => {
    chukan.all('input[data-date]').forEach(echoDate);
    chukan.all('[data-clear][aria-pressed=true]').forEach((button) => {
      const control = document.getElementById(button.dataset.clear);
      if (control?.matches('input, textarea')) control.readOnly = true;
    });
  });
})();
