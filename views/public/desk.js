'use strict';

// Comfort for every page; without it all of them work. What has the class `by-script` is there only where scripts run: the
// text beside a copy button, say, can be selected without it.
(function () {
  function textOf(source) {
    return 'value' in source ? source.value : source.textContent;
  }

  function select(source) {
    if ('select' in source) {
      source.focus();
      source.select();
      return;
    }
    const range = document.createRange();
    range.selectNodeContents(source);
    const selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  }

  function copy(source, say) {
    const selectInstead = function () {
      select(source);
      say('Selected: copy it with Ctrl+C or ⌘C.');
    };
    // Browsers offer the clipboard on https and on localhost only.
    if (!window.isSecureContext || !navigator.clipboard) {
      selectInstead();
      return;
    }
    navigator.clipboard.writeText(textOf(source)).then(function () {
      say('Copied.');
    }, selectInstead);
  }

  document.querySelectorAll('button[data-copy]').forEach(function (button) {
    const source = document.getElementById(button.dataset.copy);
    const status = document.getElementById(button.dataset.copy + '-copied');
    button.addEventListener('click', function () {
      copy(source, function (message) {
        status.textContent = message;
      });
    });
  });

  // The menu closes as people expect of a menu, and the focus stays where it is seen.
  document.querySelectorAll('.site-menu').forEach(function (menu) {
    menu.addEventListener('keydown', function (event) {
      if (event.key !== 'Escape' || !menu.open) return;
      menu.open = false;
      menu.querySelector('summary').focus();
    });
  });

  // Where text is pasted, a file with it can be dropped or chosen.
  function takeFile(area, file) {
    if (!file) return;
    file.text().then(function (text) {
      area.value = text;
      area.dispatchEvent(new window.Event('input', { bubbles: true }));
    });
  }

  document.querySelectorAll('textarea[data-takes-file]').forEach(function (area) {
    area.addEventListener('dragover', function (event) {
      event.preventDefault();
      area.classList.add('drop-target');
    });
    area.addEventListener('dragleave', function () {
      area.classList.remove('drop-target');
    });
    area.addEventListener('drop', function (event) {
      area.classList.remove('drop-target');
      if (event.dataTransfer.files.length === 0) return;
      event.preventDefault();
      takeFile(area, event.dataTransfer.files[0]);
    });

    const choice = area.parentElement.querySelector('input[type="file"]');
    choice.addEventListener('change', function () {
      takeFile(area, choice.files[0]);
    });
  });

  // What the form would send goes behind the `#` of the next page, so that its address can be kept and sent on; browsers send
  // a fragment to nobody.
  document.addEventListener(
    'submit',
    function (event) {
      const form = event.target;
      if (!('intoFragment' in form.dataset)) return;
      event.preventDefault();
      const address = new window.URL(form.action);
      address.hash = new window.URLSearchParams(new window.FormData(form)).toString();
      window.location.assign(address);
    },
    { capture: true },
  );

  // A form is sent once, however often its button is pressed, and says that it is under way.
  document.addEventListener('submit', function (event) {
    const form = event.target;
    // A download leaves the page where it is, ready for the next.
    if (form.method !== 'post' || event.defaultPrevented || 'download' in form.dataset) return;
    if (form.dataset.underWay) {
      event.preventDefault();
      return;
    }
    form.dataset.underWay = 'true';
    form.setAttribute('aria-busy', 'true');
  });
  // A page that comes back from the browser's memory is ready again.
  window.addEventListener('pageshow', function () {
    document.querySelectorAll('form[data-under-way]').forEach(function (form) {
      delete form.dataset.underWay;
      form.removeAttribute('aria-busy');
    });
  });
})();
