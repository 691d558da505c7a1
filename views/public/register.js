'use strict';

// The JSON beside the form follows the form, until somebody writes into the JSON: from then on it is his.
(function () {
  const form = document.getElementById('compose');
  if (!form) return;
  const areas = { claims: form.elements.claims, header: form.elements.header };
  const state = document.getElementById('json-state');
  let isWritten = false;
  let timer;
  let latest = 0;

  function show(texts) {
    Object.keys(areas).forEach(function (name) {
      areas[name].value = texts[name];
    });
  }

  function follow() {
    latest += 1;
    const mine = latest;
    window
      .fetch(form.dataset.claims, { method: 'POST', body: new window.URLSearchParams(new window.FormData(form)) })
      .then(function (answer) {
        return answer.ok ? answer.json() : undefined;
      })
      .then(function (texts) {
        if (texts && mine === latest && !isWritten) show(texts);
      })
      .catch(function () {
        state.textContent = 'The JSON does not follow the form at the moment.';
      });
  }

  /** What is chosen or pasted below the kind of SSA decides about the kind; a defect goes when another kind is chosen. */
  function keepTogether(field) {
    const { ssa, defect, pastedSsa } = form.elements;
    if (field === defect && defect.value) ssa.value = 'defective';
    else if (field === defect && ssa.value === 'defective') ssa.value = 'fresh';
    else if (field === pastedSsa && pastedSsa.value.trim()) ssa.value = 'pasted';
    else if (field === pastedSsa && ssa.value === 'pasted') ssa.value = 'fresh';
    if (ssa.value !== 'defective') defect.value = '';
  }

  form.addEventListener('input', function (event) {
    keepTogether(event.target);
    if (event.target === areas.claims || event.target === areas.header) {
      isWritten = true;
      state.textContent = 'You have changed the JSON. It no longer follows the form, and is sent as written.';
      return;
    }
    if (isWritten) return;
    window.clearTimeout(timer);
    timer = window.setTimeout(follow, 250);
  });
})();
