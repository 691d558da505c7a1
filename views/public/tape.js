'use strict';

// The diagram follows what happens: it is fetched anew when an exchange is complete, and keeps the focus where it was.
(function () {
  const SETTLE_MILLISECONDS = 400;
  const diagram = document.getElementById('diagram');
  if (!diagram || !diagram.dataset.live || !window.EventSource) return;
  const news = document.getElementById('tape-news');
  let timer;
  let isUnderWay = false;
  let isBehind = false;

  function shownIds(root) {
    return Array.from(root.querySelectorAll('a[id^="call-"]')).map(function (link) {
      return link.id;
    });
  }

  function replaceBy(page) {
    const fresh = page.getElementById('diagram');
    if (!fresh) return;
    const known = shownIds(diagram);
    const focused = diagram.contains(document.activeElement) ? document.activeElement.id : '';
    const added = shownIds(fresh).filter(function (id) {
      return !known.includes(id);
    });
    diagram.className = fresh.className;
    diagram.replaceChildren.apply(diagram, Array.from(fresh.childNodes));
    document.getElementById('tape-count').textContent = page.getElementById('tape-count').textContent;
    added.forEach(function (id) {
      document.getElementById(id).closest('.call').classList.add('is-new');
    });
    if (added.length > 0) news.textContent = added.length + ' new on the tape.';
    const again = focused && document.getElementById(focused);
    if (again) again.focus();
  }

  function update() {
    if (diagram.dataset.reload !== undefined) {
      window.location.reload();
      return;
    }
    if (isUnderWay) {
      isBehind = true;
      return;
    }
    isUnderWay = true;
    window
      .fetch(window.location.href, { headers: { accept: 'text/html' } })
      .then(function (response) {
        return response.text();
      })
      .then(function (html) {
        replaceBy(new window.DOMParser().parseFromString(html, 'text/html'));
      })
      .catch(function () {
        // The stream tells of the next one.
      })
      .then(function () {
        isUnderWay = false;
        if (isBehind) soon();
        isBehind = false;
      });
  }

  function soon() {
    window.clearTimeout(timer);
    timer = window.setTimeout(update, SETTLE_MILLISECONDS);
  }

  const events = new window.EventSource(diagram.dataset.live);
  events.addEventListener('exchange', soon);
  window.addEventListener('pagehide', function () {
    events.close();
  });
})();
