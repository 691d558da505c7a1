'use strict';

// A link to an inspection carries the token after the `#`, which browsers send to nobody: this script takes it from there.
(function () {
  const form = document.getElementById('inspect');
  const fields = { token: form.elements.namedItem('token'), other: form.elements.namedItem('other') };
  const link = document.querySelector('[data-link-to-this]');
  const linkStatus = document.querySelector('[data-link-status]');

  /** Shows the answer to the form in this page, so that the link stays in the address bar. */
  function showHere() {
    const place = document.getElementById('inspection');
    place.setAttribute('aria-busy', 'true');
    return fetch(form.action, {
      method: 'POST',
      headers: { accept: 'text/html' },
      body: new URLSearchParams(new FormData(form)),
    }).then(function (response) {
      // A refusal has its errors at the fields: that is another page.
      if (!response.ok) throw new Error('refused');
      return response.text().then(function (html) {
        const page = new DOMParser().parseFromString(html, 'text/html');
        const answer = page.getElementById('inspection');
        place.replaceWith(document.adoptNode(answer));
        document.documentElement.classList.remove('incomplete');
        answer.focus({ preventScroll: true });
      });
    });
  }

  function takeFragment() {
    const given = new URLSearchParams(window.location.hash.slice(1));
    const token = given.get('token');
    if (!token) return;
    fields.token.value = token;
    fields.other.value = given.get('other') || '';
    fields.other.closest('details').open = fields.other.value !== '';
    showHere().catch(function () {
      form.submit();
    });
  }

  /** The token as it is typed, without what a link cannot take. */
  function linkToThis() {
    const url = new URL('/inspect', window.location.href);
    const given = new URLSearchParams({ token: fields.token.value.trim() });
    if (fields.other.value.trim() !== '') given.set('other', fields.other.value.trim());
    url.hash = given.toString();
    return url.href;
  }

  function say(text) {
    linkStatus.textContent = text;
  }

  link.addEventListener('click', function () {
    if (fields.token.value.trim() === '') {
      say('There is no token yet.');
      fields.token.focus();
      return;
    }
    const href = linkToThis();
    window.history.replaceState(null, '', href);
    const inAddressBar = function () {
      say('The link is in the address bar: copy it there.');
    };
    if (!window.isSecureContext || !navigator.clipboard) {
      inAddressBar();
      return;
    }
    navigator.clipboard.writeText(href).then(function () {
      say('Copied.');
    }, inAddressBar);
  });

  window.addEventListener('hashchange', takeFragment);
  takeFragment();
})();
