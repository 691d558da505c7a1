import type { TrustAuthority, TrustCertificate, TrustModel, TrustStatement } from './trust-model.js';

/** A rectangle of the picture; what stands inside another box names it. */
export interface Box {
  readonly id: string;
  readonly inside?: string;
  readonly kind:
    | 'bank'
    | 'authority'
    | 'root'
    | 'issuing'
    | 'signing'
    | 'organisation'
    | 'statement'
    | 'certificate'
    | 'more';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly path: string;
  /** Cut to fit; `label` has all of it. */
  readonly title: string;
  readonly note: string;
  readonly label: string;
  /** Of a certificate. */
  readonly status?: TrustCertificate['status'];
  /** Of what is not in force: an organisation that is withdrawn, a statement that is inactive. */
  readonly isOff?: boolean;
}

/** A line from one box to another, as the path of an SVG. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly kind: 'certificates' | 'ssas';
  readonly d: string;
}

export interface TrustLayout {
  readonly width: number;
  readonly height: number;
  readonly columns: readonly { readonly x: number; readonly title: string }[];
  /** In the order in which they are read: what is inside comes after what it is in. */
  readonly boxes: readonly Box[];
  readonly edges: readonly Edge[];
  /** Between the parts of an authority, one above the other. */
  readonly inner: readonly Edge[];
}

const TOP = 44;
const GAP = 12;
const CHIP_HEIGHT = 26;
const CHIPS_PER_ROW = 2;
const columns = {
  banks: { x: 0, width: 212, title: 'Banks trust …' },
  authorities: { x: 322, width: 226, title: '… authorities, which certify …' },
  organisations: { x: 656, width: 484, title: '… organisations and their software' },
} as const;
const WIDTH = 1140;

/** Text at the sizes of the picture, in units for each character. */
const TITLE_UNITS = 8.8;
const SMALL_UNITS = 6.3;
/** Beside a title and its note: both margins, and room between the two also where letters are wide. */
const BESIDE = 64;

/** Lays the picture out: three columns, from those who trust to those who are trusted. Pure; units are pixels at full width. */
export function layOutTrust(model: TrustModel): TrustLayout {
  const boxes = [...bankBoxes(model), ...authorityBoxes(model), ...organisationBoxes(model)];
  const bottom = Math.max(TOP, ...boxes.map(({ y, height }) => y + height));
  return {
    width: WIDTH,
    height: bottom + GAP,
    columns: Object.values(columns),
    boxes,
    edges: edgesOf(model, new Map(boxes.map((box) => [box.id, box]))),
    inner: model.authorities.flatMap((authority) => innerEdges(authority, boxes)),
  };
}

function bankBoxes({ banks }: TrustModel): Box[] {
  const height = 46;
  return banks.map(({ id, name, dcrVersion, furtherIssuers }, index) => ({
    id: `bank ${id}`,
    kind: 'bank',
    x: columns.banks.x,
    y: TOP + index * (height + GAP),
    width: columns.banks.width,
    height,
    path: `/banks/${id}`,
    title: cut(name, columns.banks.width - 24, TITLE_UNITS),
    note: cut(
      [`DCR ${dcrVersion}`, ...furtherIssuers.map((issuer) => `also ${issuer}`)].join(', '),
      columns.banks.width - 24,
      SMALL_UNITS,
    ),
    label: `${name}, bank, DCR ${dcrVersion}`,
  }));
}

const PART_HEIGHT = 48;
const PART_GAP = 26;

function authorityBoxes({ authorities }: TrustModel): Box[] {
  const { x, width } = columns.authorities;
  let y = TOP;
  return authorities.flatMap((authority) => {
    const height = 36 + authority.parts.length * (PART_HEIGHT + PART_GAP) - PART_GAP + GAP;
    const box: Box = {
      id: `authority ${authority.id}`,
      kind: 'authority',
      x,
      y,
      width,
      height,
      path: authority.path,
      title: cut(authority.name, width - 28, TITLE_UNITS),
      note: '',
      label: authority.name,
    };
    y += height + 2 * GAP;
    return [box, ...partBoxes(authority, box)];
  });
}

function partBoxes({ id, name, parts }: TrustAuthority, { id: inside, x, y, width }: Box): Box[] {
  return parts.map((part, index) => ({
    id: `${part.role} ${id}`,
    inside,
    kind: part.role,
    x: x + GAP,
    y: y + 36 + index * (PART_HEIGHT + PART_GAP),
    width: width - 2 * GAP,
    height: PART_HEIGHT,
    path: part.path,
    title: part.name,
    note: part.note,
    label: `${part.name} of ${name}, ${part.note}`,
  }));
}

function organisationBoxes({ organisations, moreOrganisations }: TrustModel): Box[] {
  const { x, width } = columns.organisations;
  let y = TOP;
  const boxes = organisations.flatMap((organisation) => {
    const { id, name, status, statements, moreStatements } = organisation;
    const boxId = `organisation ${id}`;
    const inner = { inside: boxId, x: x + GAP, width: width - 2 * GAP };
    const own = certificateBoxes(organisation, { ...inner, y: y + 34, all: `/organisations/${id}` });
    let below = y + 34 + heightOfChips(organisation);
    const within = statements.flatMap((statement) => {
      const made = statementBoxes(statement, { ...inner, y: below });
      below += (made[0]?.height ?? 0) + 8;
      return made;
    });
    if (moreStatements > 0) {
      within.push(
        moreBox({ ...inner, y: below }, moreStatements, 'software statements', `/trust?organisation=${id}`),
      );
      below += CHIP_HEIGHT + 8;
    }
    const box: Box = {
      id: boxId,
      kind: 'organisation',
      x,
      y,
      width,
      height: below - y + 4,
      path: `/organisations/${id}`,
      title: cutBeside(name, width, status),
      note: status,
      label: `${name}, organisation, ${status}`,
      isOff: status !== 'Active',
    };
    y += box.height + GAP;
    return [box, ...own, ...within];
  });
  if (organisations.length === 0) return [emptyBox({ x, y, width })];
  if (moreOrganisations === 0) return boxes;
  return [...boxes, moreBox({ x, y, width }, moreOrganisations, 'TPPs', '/organisations')];
}

interface Place {
  readonly inside?: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

function statementBoxes(
  statement: TrustStatement,
  { inside, x, y, width }: Place & { inside: string },
): Box[] {
  const { id, name, isActive } = statement;
  const boxId = `statement ${id}`;
  const chips = heightOfChips(statement);
  const note = isActive ? (chips === 0 ? 'no certificates yet' : '') : 'inactive';
  const box: Box = {
    id: boxId,
    inside,
    kind: 'statement',
    x,
    y,
    width,
    height: 34 + (chips === 0 ? 0 : chips),
    path: `/software-statements/${id}`,
    title: cutBeside(name, width, note),
    note,
    label: `${name}, software statement${isActive ? '' : ', inactive'}`,
    isOff: !isActive,
  };
  const place = { inside: boxId, x: x + 10, y: y + 32, width: width - 20, all: `/trust?statement=${id}` };
  return [box, ...certificateBoxes(statement, place)];
}

type Holder = Pick<TrustStatement, 'certificates' | 'moreCertificates'>;

function chipCount({ certificates, moreCertificates }: Holder): number {
  return certificates.length + (moreCertificates > 0 ? 1 : 0);
}

function heightOfChips(holder: Holder): number {
  const rows = Math.ceil(chipCount(holder) / CHIPS_PER_ROW);
  return rows === 0 ? 0 : rows * (CHIP_HEIGHT + 6) + 4;
}

function certificateBoxes(holder: Holder, place: Place & { readonly all: string }): Box[] {
  const width = (place.width - 6 * (CHIPS_PER_ROW - 1)) / CHIPS_PER_ROW;
  const placeOf = (index: number) => ({
    ...(place.inside === undefined ? {} : { inside: place.inside }),
    x: place.x + (index % CHIPS_PER_ROW) * (width + 6),
    y: place.y + Math.floor(index / CHIPS_PER_ROW) * (CHIP_HEIGHT + 6),
    width,
  });
  const chips = holder.certificates.map(({ kid, type, status, notAfter }, index): Box => ({
    id: `certificate ${kid}`,
    kind: 'certificate',
    ...placeOf(index),
    height: CHIP_HEIGHT,
    path: `/certificates/${kid}`,
    title: type,
    note: status,
    label: `${type} certificate, ${status}, valid until ${notAfter.slice(0, 10)}`,
    status,
  }));
  const { moreCertificates: more } = holder;
  return more === 0 ? chips : [...chips, moreBox(placeOf(chips.length), more, 'certificates', place.all)];
}

function emptyBox(place: Place): Box {
  const title = 'No TPP yet: make one on the start page';
  return {
    id: 'none',
    kind: 'more',
    ...place,
    height: CHIP_HEIGHT,
    path: '/',
    title,
    note: '',
    label: title,
  };
}

function moreBox(place: Place, count: number, what: string, path: string): Box {
  const text = `and ${count.toLocaleString('en-GB')} more`;
  return {
    id: `more ${what} ${place.inside ?? ''}`,
    kind: 'more',
    ...place,
    height: CHIP_HEIGHT,
    path,
    title: text,
    note: '',
    label: `${text} ${what}`,
  };
}

/** Who trusts whom, and who certifies whom. */
function edgesOf({ banks, organisations }: TrustModel, boxes: ReadonlyMap<string, Box>): Edge[] {
  const edge = (kind: Edge['kind'], from: string, to: string): Edge[] => {
    const [start, end] = [boxes.get(from), boxes.get(to)];
    return start && end ? [{ kind, from, to, d: curve(kind, start, end) }] : [];
  };
  return [
    ...banks.flatMap(({ id, certificatesOf, ssasOf }) => [
      ...certificatesOf.flatMap((authority) => edge('certificates', `bank ${id}`, `root ${authority}`)),
      ...ssasOf.flatMap((authority) => edge('ssas', `bank ${id}`, `signing ${authority}`)),
    ]),
    ...organisations.flatMap((organisation) => {
      const held = [organisation, ...organisation.statements].flatMap(({ certificates }) => certificates);
      const authorities = [...new Set(held.map(({ authorityId }) => authorityId))];
      return authorities.flatMap((id) =>
        edge('certificates', `issuing ${id}`, `organisation ${organisation.id}`),
      );
    }),
    ...organisations.flatMap(({ statements }) =>
      statements
        .filter(({ isActive }) => isActive)
        .flatMap(({ id }) => edge('ssas', 'signing directory', `statement ${id}`)),
    ),
  ];
}

/** What one part of an authority signs is the part below it. */
function innerEdges({ id }: TrustAuthority, boxes: readonly Box[]): Edge[] {
  const parts = boxes.filter(({ inside }) => inside === `authority ${id}`);
  return parts.flatMap((part, index) => {
    const next = parts[index + 1];
    if (!next) return [];
    const x = part.x + part.width / 2;
    const d = `M${x} ${part.y + part.height} V${next.y - 4}`;
    return [{ kind: 'certificates', from: part.id, to: next.id, d }];
  });
}

/** From the right side of one box to the left side of another, which stands in a column further right. */
function curve(kind: Edge['kind'], start: Box, end: Box): string {
  // The two kinds leave a bank side by side.
  const [x1, y1] = [start.x + start.width, start.y + start.height * (kind === 'certificates' ? 0.35 : 0.65)];
  const [x2, y2] = [end.x - 1, end.y + Math.min(end.height / 2, 17)];
  const bend = (x2 - x1) / 2;
  return `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

/** A title that leaves room in its box for a note on the same line. */
function cutBeside(title: string, width: number, note: string): string {
  return cut(title, width - BESIDE - note.length * SMALL_UNITS, TITLE_UNITS);
}

/** A text that fits into a width, with an ellipsis where it had to be cut. */
export function cut(text: string, width: number, unitsPerCharacter: number): string {
  const characters = Array.from(text);
  const room = Math.floor(width / unitsPerCharacter);
  return characters.length <= room ? text : `${characters.slice(0, Math.max(1, room - 1)).join('')}…`;
}
