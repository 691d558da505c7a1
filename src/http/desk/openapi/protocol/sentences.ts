import { keySentences } from './key-sentences.js';
import { publicSentences } from './public-sentences.js';
import { recordSentences } from './record-sentences.js';
import { scimSentences } from './scim-sentences.js';
import type { Sentences } from './sentence.js';

/** What is said of each call, by its method and its newest path. */
export const sentences: Readonly<Record<string, Sentences>> = {
  ...recordSentences,
  ...keySentences,
  ...scimSentences,
  ...publicSentences,
};
