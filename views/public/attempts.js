'use strict';

// New attempts are announced above the list, and shown when somebody asks for them: nothing moves under the reader.
(function () {
  const live = document.querySelector('[data-events]');
  if (!live || !('EventSource' in window)) return;
  const note = live.querySelector('.live-note');
  const table = document.querySelector('table.attempts');
  const rows = table.tBodies[0];
  const waiting = [];

  function showAll() {
    waiting.splice(0).forEach(function (row) {
      rows.prepend(row);
    });
    table.parentElement.hidden = false;
    const none = document.querySelector('.no-attempts');
    if (none) none.hidden = true;
    note.textContent = 'Shown.';
    // The button is gone; the list is where its user wants to be.
    table.parentElement.focus({ preventScroll: true });
  }

  function announce() {
    const count = waiting.length === 1 ? '1 new attempt: ' : waiting.length + ' new attempts: ';
    const known = note.querySelector('button, a');
    const control = known || document.createElement(live.dataset.firstPage ? 'a' : 'button');
    if (!known) {
      control.textContent = 'show';
      if (live.dataset.firstPage) {
        control.href = live.dataset.firstPage;
      } else {
        control.type = 'button';
        control.className = 'quiet';
        control.addEventListener('click', showAll);
      }
      note.replaceChildren(document.createTextNode(count), control);
      return;
    }
    // A control that has the focus stays where it is.
    note.firstChild.textContent = count;
  }

  function rowOf(html) {
    const template = document.createElement('template');
    template.innerHTML = html;
    return template.content.firstElementChild;
  }

  const url = new URL(live.dataset.events, window.location.href);
  url.searchParams.set('after', live.dataset.newest);
  const events = new window.EventSource(url);
  events.addEventListener('attempt', function (event) {
    const row = rowOf(event.data);
    waiting.push(row);
    announce();
  });
  window.addEventListener('pagehide', function () {
    events.close();
  });
  window.addEventListener('pageshow', function (event) {
    if (event.persisted) window.location.reload();
  });
})();
