// Command palette: type a 画面ID or a name, Enter goes there. It knows only what the menu of this person shows.
'use strict';

(() => {
  const plain = (text) => text.normalize('NFKC').toLowerCase().replace(/[\s-]/g, '');

  document.addEventListener('DOMContentLoaded', () => {
    const dialog = chukan.one('#palette');
    const input = chukan.one('[data-palette-input]');
    if (!dialog || !input) return;
    const list = chukan.one('[data-palette-list]');
    const status = chukan.one('[data-palette-status]');
    const targets = chukan.all('[data-menu] a').map((link) => {
      const [id, name] = chukan.all('span', link).map((part) => part.textContent);
      return { id, name, href: link.href };
    });
    let shown = [];
    let at = 0;

    const mark = () => {
      chukan.all('[role=option]', list).forEach((option, index) => option.setAttribute('aria-selected', String(index === at)));
      const current = chukan.one('[aria-selected=true]', list);
      if (current) {
        input.setAttribute('aria-activedescendant', current.id);
        current.scrollIntoView({ block: 'nearest' });
      } else {
        input.removeAttribute('aria-activedescendant');
      }
    };

    const show = () => {
      const wanted = plain(input.value);
      shown = targets.filter(({ id, name }) => plain(id + name).includes(wanted));
      at = 0;
      list.replaceChildren(...shown.map(({ id, name }, index) => {
        const option = document.createElement('li');
        option.id = `palette-${index}`;
        option.setAttribute('role', 'option');
        [id, name].forEach((text) => {
          const part = document.createElement('span');
          part.textContent = text;
          option.append(part);
        });
        option.addEventListener('click', () => { location.href = shown[index].href; });
        return option;
      }));
      status.textContent = shown.length ? `${shown.length}件` : '当てはまる画面はありません。画面IDか名前の一部を入力してください。';
      mark();
    };

    input.addEventListener('input', show);
    input.addEventListener('keydown', (event) => {
      if (chukan.isComposing(event)) return;
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        event.preventDefault();
        if (shown.length) at = (at + (event.key === 'ArrowDown' ? 1 : -1) + shown.length) % shown.length;
        mark();
      } else if (event.key === 'Enter' && shown[at]) {
        event.preventDefault();
        location.href = shown[at].href;
      }
    });
    new MutationObserver(() => {
      if (!dialog.open) return;
      input.value = '';
      show();
      input.focus();
    }).observe(dialog, { attributes: true, attributeFilter: ['open'] });
  });
})();
