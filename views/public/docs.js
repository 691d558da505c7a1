'use strict';

// Tries a call in place; the line for a shell works without.
(function () {
  function addressOf(form) {
    const query = [];
    let path = form.dataset.path;
    form.querySelectorAll('input[data-in]').forEach(function (input) {
      const value = encodeURIComponent(input.value.trim());
      if (input.dataset.in === 'path') path = path.replace('{' + input.name + '}', value);
      else if (value !== '') query.push(input.name + '=' + value);
    });
    if (form.elements.base) path = path.replace(/^\/sandbox/, form.elements.base.value);
    return query.length > 0 ? path + '?' + query.join('&') : path;
  }

  function pretty(text) {
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      return text;
    }
  }

  document.querySelectorAll('form[data-try]').forEach(function (form) {
    const answer = form.querySelector('.docs-answer');
    const status = answer.querySelector('[role="status"]');
    const shown = answer.querySelector('pre');
    const show = function (headline, text) {
      answer.hidden = false;
      status.textContent = headline;
      shown.textContent = text;
      shown.hidden = text === '';
    };
    form.addEventListener('submit', function (event) {
      event.preventDefault();
      if (form.dataset.asks && !window.confirm(form.dataset.asks)) return;
      const body = form.elements.body ? form.elements.body.value.trim() : '';
      const method = form.dataset.method;
      const address = addressOf(form);
      form.setAttribute('aria-busy', 'true');
      window
        .fetch(address, {
          method: method,
          headers: body === '' ? {} : { 'content-type': 'application/json' },
          body: body === '' ? undefined : body,
        })
        .then(function (response) {
          return response.text().then(function (text) {
            const headers = [];
            response.headers.forEach(function (value, name) {
              if (['content-type', 'location'].includes(name)) headers.push(name + ': ' + value);
            });
            const headline = [method + ' ' + address, response.status + ' ' + response.statusText];
            show(headline.concat(headers).join(', '), pretty(text));
          });
        })
        .catch(function (error) {
          show('It could not be sent: ' + error.message, '');
        })
        .finally(function () {
          form.removeAttribute('aria-busy');
        });
    });
  });

  // Has the desk make a call, and puts what came of it where the page would have it.
  document.querySelectorAll('form[data-send]').forEach(function (form) {
    const target = form.nextElementSibling;
    const showFrom = function (page) {
      const refused = page.querySelector('main > .errors');
      const shown = refused ? [refused] : Array.from(page.getElementById(target.id).children);
      target.replaceChildren.apply(
        target,
        shown.map(function (element) {
          return document.importNode(element, true);
        }),
      );
      target.querySelectorAll('h3').forEach(function (heading) {
        heading.focus();
      });
    };
    form.addEventListener('submit', function (event) {
      event.preventDefault();
      if (form.dataset.asks && !window.confirm(form.dataset.asks)) return;
      form.setAttribute('aria-busy', 'true');
      window
        .fetch(form.action, {
          method: 'POST',
          headers: { accept: 'text/html' },
          body: new URLSearchParams(new FormData(form)),
        })
        .then(function (response) {
          return response.text();
        })
        .then(
          function (text) {
            showFrom(new DOMParser().parseFromString(text, 'text/html'));
          },
          function () {
            // The page that the form asks for says it better.
            form.submit();
          },
        )
        .finally(function () {
          form.removeAttribute('aria-busy');
        });
    });
  });
})();
