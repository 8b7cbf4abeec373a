// 生体認証: asks the authenticator for what the form says and sends its answer; every decision is the server's.
'use strict';

(() => {
  const form = chukan.one('form[data-seitai]');
  if (!form) return;
  const box = chukan.one('#seitai-error');

  // The words are in the page, by the browser's own names of the causes.
  const show = (name) => {
    const causes = chukan.all('[data-cause]', box);
    const cause = causes.find((item) => item.dataset.cause.split(' ').includes(name)) ?? causes.at(-1);
    for (const item of causes) item.hidden = item !== cause;
    box.hidden = false;
    chukan.focus(box);
  };

  const ask = (options) => (form.dataset.seitai === 'create'
    ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
    : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }));

  let asking = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (asking) return;
    asking = true;
    box.hidden = true;
    try {
      if (!globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON) throw new DOMException('', 'Unsupported');
      const answer = await ask(JSON.parse(form.dataset.options));
      form.elements.answer.value = JSON.stringify(answer.toJSON());
      HTMLFormElement.prototype.submit.call(form);
    } catch (error) {
      asking = false;
      show(error.name);
    }
  });
})();
