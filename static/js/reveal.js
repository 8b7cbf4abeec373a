// A revealed 個人番号 stays for its seconds and no longer: it goes with the tab, the page, the blank, the lock, the print.
'use strict';

(() => {
  let timer = 0;
  let until = 0;
  // A number that comes back after the page was hidden, left or covered is not shown.
  let wanted = false;

  const hide = () => {
    wanted = false;
    clearInterval(timer);
    const place = chukan.one('[data-revealed]');
    if (!place) return;
    const masked = chukan.one('template[data-masked]');
    const had = place.contains(document.activeElement);
    place.replaceWith(masked.content.cloneNode(true));
    if (had) chukan.one('[data-dialog=reveal-dialog]')?.focus();
    chukan.announce('個人番号を隠しました。');
  };

  const start = () => {
    const place = chukan.one('[data-revealed]');
    if (!place || place.dataset.started) return;
    place.dataset.started = '1';
    chukan.one('#reveal-dialog')?.close();
    until = Date.now() + Number(place.dataset.seconds) * 1000;
    chukan.one('[data-hide-now]', place)?.focus();
    chukan.announce(`個人番号を表示しました。${place.dataset.seconds}秒で隠します。`);
    const show = () => {
      const left = Math.ceil((until - Date.now()) / 1000);
      if (left <= 0) {
        hide();
        return;
      }
      const count = chukan.one('[data-hide-count]');
      if (count) count.textContent = String(left);
    };
    show();
    timer = setInterval(show, 250);
  };

  document.addEventListener('submit', (event) => {
    const form = event.target.closest('[data-reveal]');
    if (!form) return;
    event.preventDefault();
    wanted = true;
    const problem = chukan.one('[data-reveal-error]', form);
    chukan.sayError(problem);
    chukan.announce('理由を記録しています。');
    chukan.post(form.action, new FormData(form)).then(async (response) => {
      if (response.type === 'opaqueredirect' || response.status === 401 || response.status === 423) {
        location.reload();
        return;
      }
      const part = new DOMParser().parseFromString(await response.text(), 'text/html');
      if (response.ok && (!wanted || document.hidden)) {
        form.reset();
        chukan.one('#reveal-dialog')?.close();
        return;
      }
      if (response.ok) {
        form.reset();
        chukan.one('#kojin-bango').replaceChildren(...part.body.childNodes);
        start();
        return;
      }
      const inner = part.querySelector('[data-reveal-fields]');
      if (!inner) {
        // Our own page of a refusal says it best.
        chukan.sayError(problem, part.querySelector('#main .notice p')?.textContent.trim() || chukan.refusalOf(response.status));
        return;
      }
      chukan.one('[data-reveal-fields]', form).replaceWith(inner);
      const first = chukan.one('[data-reveal] [aria-invalid=true], [data-reveal] [data-focus-here]');
      first?.focus();
    }).catch(() => {
      chukan.sayError(problem, chukan.refusalOf(0));
    }).finally(() => { delete form.dataset.sent; });
  });

  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-hide-now]')) hide();
  });
  document.addEventListener('visibilitychange', () => { if (document.hidden) hide(); });
  window.addEventListener('pagehide', hide);
  window.addEventListener('beforeprint', hide);
  document.addEventListener('chukan:hide', hide);
})();
