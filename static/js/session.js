// Idle times: hide at 3 minutes, warn at 8, lock at 10 with what was typed kept. The server keeps the real clock;
// open tabs of one person share theirs by BroadcastChannel. Polling is not activity.
'use strict';

(() => {
  const body = document.body;
  if (!body.hasAttribute('data-session')) return;
  const seconds = (name, otherwise) => (Number(body.dataset[name]) || otherwise) * 1000;
  const blankAfter = seconds('blankAfter', 180);
  const warnAfter = seconds('warnAfter', 480);
  const lockAfter = seconds('lockAfter', 600);
  const { keepaliveUrl, lockUrl, lockPageUrl } = body.dataset;
  const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('chukan-session') : null;
  const dialog = (id) => document.getElementById(id);
  let lastActivity = Date.now();
  let lastReported = Date.now();
  let locked = false;
  let lastAnnounced = 0;

  const report = () => {
    if (!keepaliveUrl) return;
    lastReported = Date.now();
    chukan.post(keepaliveUrl, new FormData(), { Accept: 'application/json' }).then((response) => {
      if (response.status === 423) lock({ tell: false });
      else if (response.status === 401 || response.type === 'opaqueredirect') location.reload();
    }).catch(() => {});
  };

  const active = ({ tell = true } = {}) => {
    if (locked || dialog('session-warning')?.open) return;
    lastActivity = Date.now();
    if (!tell) return;
    channel?.postMessage({ kind: 'active', at: lastActivity });
    if (Date.now() - lastReported > 60_000) report();
  };

  const hideNumbers = () => document.dispatchEvent(new CustomEvent('chukan:hide'));

  const blank = () => {
    hideNumbers();
    const cover = dialog('blank-cover');
    if (!cover || cover.open || locked) return;
    chukan.openDialog(cover);
    cover.focus();
  };

  const unblank = () => dialog('blank-cover')?.close();

  const lock = ({ tell = true, server = true } = {}) => {
    hideNumbers();
    if (locked) return;
    locked = true;
    dialog('session-warning')?.close();
    unblank();
    if (tell) channel?.postMessage({ kind: 'lock' });
    if (server && lockUrl) chukan.post(lockUrl, new FormData(), { Accept: 'application/json' }).catch(() => {});
    const cover = dialog('lock-cover');
    chukan.openDialog(cover);
    chukan.one('#unlock-password')?.focus();
    document.title = `ロック中 - ${document.title}`;
  };

  const unlock = () => {
    if (!locked) return;
    locked = false;
    lastActivity = Date.now();
    lastReported = Date.now();
    document.title = document.title.replace(/^ロック中 - /, '');
    const error = chukan.one('[data-unlock-error]');
    if (error) chukan.sayError(error);
    const password = chukan.one('#unlock-password');
    if (password) password.value = '';
    dialog('lock-cover')?.close();
    chukan.announce('ロックを解除しました。');
  };

  const showRemaining = () => {
    const left = Math.max(0, Math.ceil((lastActivity + lockAfter - Date.now()) / 1000));
    const text = `${String(Math.floor(left / 60)).padStart(2, '0')}:${String(left % 60).padStart(2, '0')}`;
    chukan.all('[data-remaining]').forEach((place) => { if (place.textContent !== text) place.textContent = text; });
    const count = chukan.one('[data-lock-count]');
    if (count) count.textContent = String(left);
    if (dialog('session-warning')?.open && [120, 60, 30].includes(left) && lastAnnounced !== left) {
      lastAnnounced = left;
      chukan.one('[data-lock-announce]').textContent = `あと${left}秒でロックします。`;
    }
  };

  const tick = () => {
    if (locked) return;
    const idle = Date.now() - lastActivity;
    if (idle >= lockAfter) lock();
    else if (idle >= warnAfter) {
      const warning = dialog('session-warning');
      if (warning && !warning.open) {
        chukan.openDialog(warning);
        chukan.one('[data-continue]')?.focus();
      }
    } else if (idle >= blankAfter) blank();
    showRemaining();
  };

  ['keydown', 'pointerdown', 'input'].forEach((kind) => {
    document.addEventListener(kind, (event) => {
      if (locked) return;
      const cover = dialog('blank-cover');
      if (kind === 'keydown' && (event.repeat || ['Control', 'Alt', 'Shift', 'Meta'].includes(event.key))) return;
      if (cover?.open && kind !== 'input' && !dialog('session-warning')?.open) {
        event.preventDefault();
        event.stopPropagation();
        unblank();
      }
      active();
    }, { capture: true });
  });
  document.addEventListener('wheel', () => active(), { passive: true });

  document.addEventListener('click', (event) => {
    if (!event.target.closest('[data-continue]')) return;
    dialog('session-warning').close();
    unblank();
    lastReported = 0;
    active();
    showRemaining();
  });

  document.addEventListener('submit', (event) => {
    const form = event.target.closest('[data-unlock]');
    if (!form) return;
    event.preventDefault();
    const problem = chukan.one('[data-unlock-error]');
    chukan.sayError(problem);
    chukan.post(form.action, new FormData(form), { Accept: 'application/json' }).then(async (response) => {
      if (response.ok) {
        channel?.postMessage({ kind: 'unlock' });
        unlock();
        return;
      }
      if (response.type === 'opaqueredirect' || response.status === 401) {
        location.reload();
        return;
      }
      // Only 422 is about the password.
      const answer = response.status === 422 ? await response.json().catch(() => ({})) : {};
      const otherwise = response.status === 422 ? '職員IDまたは認証が正しくありません。' : chukan.refusalOf(response.status);
      chukan.sayError(problem, answer.detail ?? otherwise);
      chukan.one('#unlock-password').select();
    }).catch(() => {
      chukan.sayError(problem, chukan.refusalOf(0));
    });
  });

  ['cancel', 'close'].forEach((kind) => {
    dialog('lock-cover')?.addEventListener(kind, (event) => {
      if (!locked) return;
      event.preventDefault();
      if (kind === 'close') setTimeout(() => { if (locked) dialog('lock-cover').showModal(); }, 0);
    });
  });
  dialog('session-warning')?.addEventListener('cancel', (event) => event.preventDefault());

  channel?.addEventListener('message', ({ data }) => {
    if (data.kind === 'active' && !locked) {
      lastActivity = Math.max(lastActivity, data.at);
      dialog('session-warning')?.close();
    }
    if (data.kind === 'lock') lock({ tell: false, server: false });
    if (data.kind === 'unlock') unlock();
  });

  document.addEventListener('htmx:response:error', (event) => {
    const status = event.detail.ctx?.response?.status;
    if (status === 423) lock({ tell: false, server: false });
    if (status === 401 && lockPageUrl) location.reload();
  });
  document.addEventListener('chukan:blank', blank);
  document.addEventListener('chukan:lock', () => lock());
  if (body.hasAttribute('data-locked')) lock({ tell: false, server: false });
  setInterval(tick, 1000);
  showRemaining();
})();
