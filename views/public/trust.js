'use strict';

// The lines of a box stand out while it is pointed at or has the focus.
(function () {
  const picture = document.querySelector('.trust-picture svg');
  if (!picture) return;
  const edges = Array.from(picture.querySelectorAll('.edge[data-from]'));

  /** The lines that begin or end at the box, and those that lead on from there. */
  function relatedTo(name) {
    const own = edges.filter(function (edge) {
      return edge.dataset.from === name || edge.dataset.to === name;
    });
    return own;
  }

  function mark(name) {
    const related = name === undefined ? [] : relatedTo(name);
    picture.classList.toggle('has-related', related.length > 0);
    edges.forEach(function (edge) {
      edge.classList.toggle('is-related', related.includes(edge));
    });
  }

  picture.querySelectorAll('[data-node]').forEach(function (node) {
    const name = node.dataset.node;
    ['pointerenter', 'focus'].forEach(function (event) {
      node.addEventListener(event, function () {
        mark(name);
      });
    });
    ['pointerleave', 'blur'].forEach(function (event) {
      node.addEventListener(event, function () {
        mark(undefined);
      });
    });
  });
})();
