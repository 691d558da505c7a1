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

  form.addEventListener('input', function (event) {
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
