'use strict';

// Comfort for the lab; its forms work without.
(function () {
  const DAY = 86400000;

  // A slider beside the number of days, and the date that it comes to.
  const slider = document.getElementById('clock-slider');
  if (slider) {
    const number = document.getElementById('clock-days-days');
    const preview = document.getElementById('clock-preview');
    const show = function () {
      const at = new Date(new Date(slider.dataset.real).getTime() + Number(number.value) * DAY);
      preview.textContent = Number.isNaN(at.getTime()) ? '' : at.toISOString().slice(0, 10);
      slider.setAttribute('aria-valuetext', number.value + ' days, ' + preview.textContent);
    };
    slider.addEventListener('input', function () {
      number.value = slider.value;
      show();
    });
    number.addEventListener('input', function () {
      slider.value = number.value;
      show();
    });
    show();
  }

  // Of a fault's fields only those that its name has a use for.
  document.querySelectorAll('select[data-fault-name]').forEach(function (select) {
    const fields = select.form.querySelectorAll('[data-field]');
    const fit = function () {
      const takes = select.selectedOptions[0].dataset.takes.split(' ');
      fields.forEach(function (field) {
        const isTaken = takes.includes(field.dataset.field);
        field.hidden = !isTaken;
        field.querySelector('input').disabled = !isTaken;
      });
    };
    select.addEventListener('change', fit);
    fit();
  });

  // The catalogue follows the words as they are typed.
  document.querySelectorAll('input[data-filter]').forEach(function (input) {
    const body = document.getElementById(input.dataset.filter);
    if (!body) return;
    const count = document.getElementById(input.dataset.filter + '-count');
    const rows = Array.from(body.rows, function (row) {
      return { row: row, text: row.textContent.toLowerCase() };
    });
    const total = count.textContent.split(' of ')[1];
    input.addEventListener('input', function () {
      const words = input.value.toLowerCase().split(/\s+/);
      let shown = 0;
      rows.forEach(function (one) {
        const matches = words.every(function (word) {
          return one.text.includes(word);
        });
        one.row.hidden = !matches;
        if (matches) shown += 1;
      });
      count.textContent = shown + ' of ' + total;
    });
  });

  // A file goes as it is: it may be too large for a field.
  const form = document.querySelector('form[data-import]');
  if (form) {
    const choice = document.getElementById('import-file');
    const status = document.getElementById('import-status');
    const say = function (text) {
      status.textContent = text;
      delete form.dataset.underWay;
      form.removeAttribute('aria-busy');
    };
    form.addEventListener('submit', function (event) {
      const file = choice.files[0];
      if (!file) return;
      event.preventDefault();
      form.setAttribute('aria-busy', 'true');
      status.textContent = 'Importing ' + file.name + '…';
      window
        .fetch('/sandbox/state', {
          method: 'PUT',
          headers: { 'content-type': 'application/json' },
          body: file,
        })
        .then(function (answer) {
          if (answer.ok) {
            window.location.assign('/lab?notice=state-imported');
            return undefined;
          }
          return answer.json().then(function (problem) {
            say('It could not be imported: ' + problem.detail);
          });
        })
        .catch(function (error) {
          say('It could not be imported: ' + error.message);
        });
    });
  }
})();
