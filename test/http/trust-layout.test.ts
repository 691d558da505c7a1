import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cut, layOutTrust, type Box } from '../../src/http/desk/trust-layout.js';
import type { TrustCertificate, TrustModel } from '../../src/http/desk/trust-model.js';

const statuses = ['active', 'revoked', 'on hold', 'expired', 'not yet valid'] as const;
let count = 0;
const newId = () => `id${(count += 1)}`;

const certificates = fc.array(
  fc.record({
    kid: fc.constant('').map(newId),
    type: fc.constantFrom('OBTransport', 'OBSigning', 'QSealC'),
    status: fc.constantFrom(...statuses),
    notAfter: fc.constant('2027-01-01T00:00:00Z'),
    authorityId: fc.constantFrom('directory', 'qtsp'),
  }) satisfies fc.Arbitrary<TrustCertificate>,
  { maxLength: 7 },
);
const more = fc.constantFrom(0, 0, 1, 19_950);
const holder = {
  id: fc.constant('').map(newId),
  name: fc.string({ maxLength: 200 }),
  certificates,
  moreCertificates: more,
};

const models: fc.Arbitrary<TrustModel> = fc.record({
  banks: fc.array(
    fc.record({
      id: fc.constant('').map(newId),
      name: fc.string({ maxLength: 200 }),
      dcrVersion: fc.constant('3.4'),
      certificatesOf: fc.subarray(['directory', 'qtsp', 'unknown']),
      ssasOf: fc.subarray(['directory', 'unknown']),
      furtherIssuers: fc.array(fc.string({ maxLength: 200 }), { maxLength: 3 }),
    }),
    { maxLength: 15 },
  ),
  authorities: fc.subarray(['directory', 'second', 'qtsp']).map((ids) =>
    ids.map((id) => ({
      id,
      name: id,
      path: `/${id}`,
      parts: (['root', 'issuing', 'signing'] as const)
        .slice(0, id === 'qtsp' ? 2 : 3)
        .map((role) => ({ role, name: role, note: '', path: `/${role}` })),
    })),
  ),
  organisations: fc.array(
    fc.record({
      ...holder,
      status: fc.constantFrom('Active', 'Withdrawn'),
      statements: fc.array(fc.record({ ...holder, isActive: fc.boolean() }), { maxLength: 5 }),
      moreStatements: more,
    }),
    { maxLength: 6 },
  ),
  moreOrganisations: more,
});

const overlap = (one: Box, other: Box) =>
  one.x < other.x + other.width &&
  other.x < one.x + one.width &&
  one.y < other.y + other.height &&
  other.y < one.y + one.height;

const contains = (outer: Box, inner: Box) =>
  outer.x <= inner.x &&
  outer.y <= inner.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;

describe('the layout of the picture of trust', () => {
  it('lets no box lie over another, and keeps each inside the one that it belongs to', () => {
    fc.assert(
      fc.property(models, (model) => {
        const { boxes, width, height } = layOutTrust(model);
        const byId = new Map(boxes.map((box) => [box.id, box]));
        expect(byId.size).toBe(boxes.length);
        for (const [index, box] of boxes.entries()) {
          expect(contains({ ...box, x: 0, y: 0, width, height }, box), box.id).toBe(true);
          const outer = box.inside === undefined ? undefined : byId.get(box.inside);
          if (outer) expect(contains(outer, box), `${box.id} in ${outer.id}`).toBe(true);
          const rivals = boxes.slice(index + 1).filter(({ inside }) => inside === box.inside);
          expect(rivals.filter((rival) => overlap(box, rival)).map(({ id }) => id)).toEqual([]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('draws a line only between boxes that are there', () => {
    fc.assert(
      fc.property(models, (model) => {
        const { boxes, edges } = layOutTrust(model);
        const ids = new Set(boxes.map(({ id }) => id));
        for (const { from, to, d } of edges) {
          expect(ids).toContain(from);
          expect(ids).toContain(to);
          expect(d).not.toMatch(/NaN|undefined/);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('says how many more there are', () => {
    const model = { banks: [], authorities: [], organisations: [], moreOrganisations: 0 };
    expect(layOutTrust(model).boxes.map(({ title }) => title)).toEqual([
      'No TPP yet: make one on the start page',
    ]);
    const organisation = {
      id: 'a',
      name: 'A',
      status: 'Active',
      certificates: [],
      moreCertificates: 0,
      statements: [],
      moreStatements: 0,
    };
    expect(
      layOutTrust({ ...model, organisations: [organisation], moreOrganisations: 19_950 }).boxes.at(-1),
    ).toMatchObject({ title: 'and 19,950 more', label: 'and 19,950 more TPPs', path: '/organisations' });
  });

  it('cuts a name the shorter, the longer the note beside it is', () => {
    const name = 'W'.repeat(100);
    const statement = { id: 's', name, isActive: true, certificates: [], moreCertificates: 0 };
    const organisation = {
      id: 'o',
      name,
      status: 'Active',
      certificates: [],
      moreCertificates: 0,
      statements: [statement],
      moreStatements: 0,
    };
    const model = { banks: [], authorities: [], organisations: [organisation], moreOrganisations: 0 };
    const [outer, inner] = layOutTrust(model).boxes;
    expect(inner?.note).toBe('no certificates yet');
    const lengths = [outer, inner].map((box) => box?.title.length ?? 0);
    expect(lengths[1]).toBeLessThan((lengths[0] ?? 0) - 8);
    // Letters of bold text are up to 9.5 units wide on average, those of a note 6.6.
    for (const box of [outer, inner])
      expect((box?.title.length ?? 0) * 9.5 + (box?.note.length ?? 0) * 6.6 + 28).toBeLessThan(
        box?.width ?? 0,
      );
  });

  it('cuts a name by characters, not in the middle of one', () => {
    expect(cut('abcdef', 30, 10)).toBe('ab…');
    expect(cut('🏦🏦🏦🏦', 30, 10)).toBe('🏦🏦…');
    expect(cut('abc', 30, 10)).toBe('abc');
  });
});
