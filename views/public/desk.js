'use strict';

// Copy buttons: hidden until this script is there, since the text beside them can be selected without it.
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
    button.hidden = false;
    button.addEventListener('click', function () {
      copy(source, function (message) {
        status.textContent = message;
      });
    });
  });
})();
