// Shared helpers. Everything here works on what the server rendered; nothing is kept in browser storage.
'use strict';

const chukan = {
  one: (selector, root = document) => root.querySelector(selector),
  all: (selector, root = document) => [...root.querySelectorAll(selector)],

  // Conversion keys of the Japanese input method are never ours.
  isComposing: (event) => event.isComposing || event.keyCode === 229,

  isTyping: (element) =>
    element instanceof HTMLElement &&
    (element.isContentEditable ||
      element.matches('textarea, select, input:not([type=checkbox]):not([type=radio]):not([type=button]):not([type=submit])')),

  csrf: () => chukan.one('input[name=csrfmiddlewaretoken]')?.value ?? '',

  announce(text) {
    const place = chukan.one('#announcer');
    if (!place) return;
    place.textContent = '';
    setTimeout(() => { place.textContent = text; }, 50);
  },

  openDialog(dialog, opener = document.activeElement) {
    if (!dialog || dialog.open) return;
    dialog.showModal();
    chukan.one('[data-safe]', dialog)?.focus(); // Enter, pressed once too often, throws nothing away
    dialog.addEventListener('close', () => { if (opener?.isConnected) opener.focus(); }, { once: true });
  },

  focus(target) {
    if (!target) return;
    const fold = target.closest('details:not([open])');
    if (fold) fold.open = true;
    if (target.matches('table[data-rows]')) {
      chukan.one('tbody tr[tabindex="0"]', target)?.focus();
      return;
    }
    if (!target.matches('a, button, input, select, textarea, [tabindex]')) target.tabIndex = -1;
    target.focus();
    target.scrollIntoView({ block: 'nearest' });
  },

  // What to do after an answer that no page of ours expects; nothing at all came when there is no status.
  refusalOf(status) {
    if (!status) return 'サーバーから応答がありません。少し待って、もう一度押してください。';
    if (status === 403) return 'この操作は受け付けられませんでした。画面を開き直して、もう一度行ってください。続くときは管理者に連絡してください。';
    if (status === 404) return '対象が見つかりません。ホームか検索から開き直してください。';
    if (status === 429) return '短い時間に同じ操作が続きました。1分ほど待ってから、もう一度押してください。';
    return 'サーバーで処理を続けられませんでした。少し待って、もう一度押してください。続くときは運用の窓口へ連絡してください。';
  },

  // An error line of a dialog, heard and seen; without words it goes.
  sayError(place, text = '') {
    place.textContent = text;
    place.hidden = !text;
  },

  post(url, body, headers = {}) {
    return fetch(url, {
      method: 'POST',
      body,
      credentials: 'same-origin',
      redirect: 'manual',
      headers: { 'X-CSRFToken': chukan.csrf(), 'X-Requested-With': 'fetch', ...headers },
    });
  },
};
globalThis.chukan = chukan;

// htmx 4 names its events with colons; the token must travel with every request that changes something.
document.addEventListener('htmx:config:request', (event) => {
  const { ctx } = event.detail;
  if (!ctx?.request) return;
  ctx.request.headers['X-CSRFToken'] = chukan.csrf();
  if (ctx.sourceElement?.closest('[data-poll]')) ctx.request.headers['X-Chukan-Poll'] = '1';
});

document.addEventListener('click', (event) => {
  const opener = event.target.closest('[data-dialog]');
  if (opener) chukan.openDialog(document.getElementById(opener.dataset.dialog), opener);
  const closer = event.target.closest('[data-close]');
  if (closer) closer.closest('dialog')?.close();
  const focuser = event.target.closest('[data-focus]');
  if (focuser) chukan.focus(document.querySelector(focuser.dataset.focus));
  const clicker = event.target.closest('[data-click]');
  if (clicker) document.querySelector(clicker.dataset.click)?.click();
  const printer = event.target.closest('[data-act=print]');
  if (printer) window.print();
});

// Polling: every 2 s in sight, 15 s out of sight, 10 s after five minutes. The server leaves `data-poll` out at the end.
const started = Date.now();
let pollTimer = 0;
const pollDelay = (seconds) => {
  if (document.hidden) return 15_000;
  return Date.now() - started > 300_000 ? Math.max(10_000, seconds * 1000) : seconds * 1000;
};
const poll = () => {
  const element = chukan.one('[data-poll]');
  if (!element) return;
  if (!element.hasAttribute('data-poll-paused')) element.dispatchEvent(new CustomEvent('poll'));
  pollTimer = setTimeout(poll, pollDelay(Number(element.dataset.poll) || 2));
};
const startPolling = () => {
  clearTimeout(pollTimer);
  const element = chukan.one('[data-poll]');
  if (element) pollTimer = setTimeout(poll, pollDelay(Number(element.dataset.poll) || 2));
};
document.addEventListener('DOMContentLoaded', startPolling);
document.addEventListener('visibilitychange', startPolling);

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-poll-toggle]');
  if (!button) return;
  const element = chukan.one('[data-poll]');
  const paused = element?.toggleAttribute('data-poll-paused') ?? false;
  button.textContent = paused ? '更新を続ける' : '更新を止める';
  button.setAttribute('aria-pressed', String(paused));
});

// One announcement per ten percent, at most every 30 seconds.
let announcedAt = 0;
let announcedShare = -1;
document.addEventListener('htmx:after:swap', () => {
  const progress = chukan.one('[data-announce-progress]');
  if (!progress) return;
  const share = Math.floor(Number(progress.dataset.share) / 10);
  const done = progress.dataset.done === 'true';
  if (share === announcedShare || (!done && Date.now() - announcedAt < 30_000)) return;
  announcedShare = share;
  announcedAt = Date.now();
  chukan.announce(progress.dataset.announceProgress);
});

document.addEventListener('DOMContentLoaded', () => {
  // Where a page begins: its errors or results, else the first field of a form made for typing.
  const first = chukan.one('[data-focus-first]')
    ?? chukan.one('form[data-autofocus] :is(input:not([type=hidden]), select, textarea)');
  const target = location.hash ? document.getElementById(location.hash.slice(1)) : null;
  if (target && target.matches('input, select, textarea, fieldset')) chukan.focus(target);
  else if (first) first.focus({ preventScroll: true });
});
