'use strict';

// Runs before a page is drawn, so that what scripts alone can do is there from the start and moves nothing when it comes.
document.documentElement.classList.add('scripted');
// A token in the fragment makes another page of this one, which is shown once it is complete.
if (window.location.hash.startsWith('#token=')) document.documentElement.classList.add('incomplete');
