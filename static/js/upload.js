// Before a file leaves the terminal: its first 1,000 lines are looked at here, so that a wrong file is noticed at once.
// The check only helps; the server checks every line again. Nothing is kept.
'use strict';

(() => {
  const LINES = 1000;
  const HEAD_BYTES = 2 * 1024 * 1024;
  const number = (value) => value.toLocaleString('ja-JP');

  const readHead = async (file) => {
    let part = file.slice(0, HEAD_BYTES);
    const magic = new Uint8Array(await file.slice(0, 2).arrayBuffer());
    if (magic[0] === 0x1f && magic[1] === 0x8b) {
      const reader = file.stream().pipeThrough(new DecompressionStream('gzip')).getReader();
      const chunks = [];
      let size = 0;
      while (size < HEAD_BYTES) {
        const { done, value } = await reader.read();
        if (done) break;
        chunks.push(value);
        size += value.length;
      }
      await reader.cancel().catch(() => {});
      part = new Blob(chunks).slice(0, HEAD_BYTES);
    }
    return new Uint8Array(await part.arrayBuffer());
  };

  const decode = (bytes) => {
    const end = bytes.lastIndexOf(0x0a) + 1 || bytes.length;
    const whole = bytes.subarray(0, end);
    const newline = whole.indexOf(0x0a);
    const head = newline < 0 ? whole : whole.subarray(0, newline);
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(head);
      return { text: new TextDecoder('utf-8').decode(whole), name: 'UTF-8' };
    } catch {
      return { text: new TextDecoder('shift_jis').decode(whole), name: 'Shift_JIS（CP932）' };
    }
  };

  const records = (text, limit) => {
    const rows = [];
    let row = [];
    let cell = '';
    let quoted = false;
    for (let at = 0; at < text.length && rows.length < limit; at += 1) {
      const sign = text[at];
      if (quoted) {
        if (sign !== '"') cell += sign;
        else if (text[at + 1] === '"') { cell += '"'; at += 1; } else quoted = false;
      } else if (sign === '"') quoted = true;
      else if (sign === ',') { row.push(cell); cell = ''; } else if (sign === '\n') {
        row.push(cell);
        rows.push(row);
        row = [];
        cell = '';
      } else if (sign !== '\r') cell += sign;
    }
    if (rows.length < limit && (cell || row.length)) { row.push(cell); rows.push(row); }
    return rows;
  };

  const findings = (rows, known) => {
    const [header = [], ...lines] = rows;
    const names = header.map((name) => name.replace(/^\uFEFF/, '').trim());
    const bad = [];
    const unknown = names.filter((name) => !known.includes(name));
    if (unknown.length) bad.push(`見出しに様式にない項目があります（${unknown.slice(0, 5).map((name) => `「${name || '空'}」`).join('、')}）。見出しをCSVの様式どおりに直してください。`);
    const twice = names.filter((name, index) => names.indexOf(name) !== index);
    if (twice.length) bad.push(`見出しに同じ項目が2回あります（「${twice[0]}」）。片方を消してください。`);
    ['処理種別コード', '保険者コード'].filter((name) => !names.includes(name)).forEach((name) => {
      bad.push(`見出しに「${name}」がありません。列を加えてください。`);
    });
    const uneven = lines.findIndex((line) => line.length !== names.length);
    if (uneven >= 0) bad.push(`${number(uneven + 2)}行目の列の数（${lines[uneven].length}）が見出し（${names.length}）と違います。コンマと引用符を確かめてください。`);
    return { bad, names, count: lines.length };
  };

  const show = (panel, { bad, names, count }, file, encoding) => {
    const list = chukan.one('[data-check-list]', panel);
    const items = bad.length ? bad : [`見出し${names.length}項目と最初の${number(count)}行を見ました。送ってよい形です。`];
    list.replaceChildren(...items.map((text) => {
      const item = document.createElement('li');
      item.textContent = text;
      return item;
    }));
    chukan.one('[data-check-file]', panel).textContent = `${file.name}（${number(Math.ceil(file.size / 1024))} KB・${encoding}）`;
    panel.classList.toggle('notice-error', bad.length > 0);
    panel.classList.toggle('notice-ok', bad.length === 0);
    chukan.one('[data-check-title]', panel).textContent = bad.length ? '送る前に直すところがあります' : '送る前の確かめが終わりました';
    panel.hidden = false;
  };

  document.addEventListener('change', async (event) => {
    const input = event.target.closest('[data-upload]');
    if (!input) return;
    const panel = chukan.one('[data-check]');
    const [file] = input.files;
    if (!file) {
      panel.hidden = true;
      return;
    }
    const known = JSON.parse(input.dataset.upload);
    try {
      const { text, name } = decode(await readHead(file));
      const found = findings(records(text, LINES + 1), known);
      if (file.size > Number(input.dataset.limit)) found.bad.unshift('ファイルが512 MBを超えています。分けて送るか、gzipで縮めてください。');
      if (file.size === 0) found.bad.unshift('ファイルが空です。別のファイルを選んでください。');
      show(panel, found, file, name);
    } catch {
      show(panel, { bad: ['ファイルを読み取れません。CSVか、CSVをgzipで縮めたファイルを選んでください。'], names: [], count: 0 }, file, '—');
    }
  });

  // Sending is itself a leaving, which nobody has to be asked about; the next one, while the file goes out, is.
  let pressed = false;
  let sending = false;
  window.addEventListener('beforeunload', (event) => {
    if (pressed) {
      pressed = false;
      sending = true;
    } else if (sending) event.preventDefault();
  });
  window.addEventListener('pagehide', () => { sending = false; });
  document.addEventListener('submit', (event) => {
    const form = event.target.closest('[data-upload-form]');
    if (!form || event.defaultPrevented) return;
    const input = chukan.one('[data-upload]', form);
    if (!input.files.length) return;
    chukan.one('[data-sending]').hidden = false;
    chukan.announce('ファイルを送っています。');
    pressed = true;
  });
})();
