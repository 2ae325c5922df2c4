// <form data-passkey="get|create" data-options="/address" …> with a hidden field "answer": asks the browser for
// a passkey when it is sent, and sends what the browser says.
const fill = async (form) => {
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const told = await fetch(form.dataset.options, { method: "POST", headers: { "X-CSRFToken": token } });
  if (!told.ok) throw new Error(String(told.status));
  const options = await told.json();
  const credential = form.dataset.passkey === "create"
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  form.elements.answer.value = JSON.stringify(credential.toJSON());
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  // Without scripts, or in a browser without passkeys, the form is not there at all.
  if (!window.PublicKeyCredential?.parseCreationOptionsFromJSON) continue;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    if (form.elements.answer.value) return;
    event.preventDefault();
    event.stopPropagation();
    try {
      await fill(form);
    } catch {
      form.querySelector("[data-failed]").hidden = false;
      return;
    }
    form.submit();
  });
}
