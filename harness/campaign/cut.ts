/**
 * A point at which power is cut, and its printable id. The id says everything that is needed to repeat the cut:
 * `cut:updating@41%+120ms/ufs#7f3a` is 120 ms after the report of 41 % over UFS; several points, one in each attempt, are joined by `,`;
 * `/ufs/corrupt` says that the package was spoilt first.
 * Times are those of a real module; a rig's `timing.scale` is applied when the cut is made, so an id means the same on every rig.
 */
import { createHash } from 'node:crypto';
import { UserError } from '../base/errors.js';
import { sources, type Source } from '../journal/events.js';

/** What sets a cut off. A download's percentage counts the bytes that our server handed out; `failed-end` is an END other than 0. */
export const anchors = [
  'download-start',
  'download',
  'download-end',
  'usb-leaves',
  'start',
  'updating',
  'end',
  'failed-end',
  'ready',
  'silence',
] as const;
export type Anchor = (typeof anchors)[number];

/** The phases that survival is counted by. */
export const phases = ['download', 'reboot', 'start', 'updating', 'end', 'after-end'] as const;
export type Phase = (typeof phases)[number];

export interface CutPoint {
  readonly anchor: Anchor;
  /** For `download` (of the package's bytes) and `updating` (as reported): 0 to 100. */
  readonly percent?: number;
  /** After the anchor, ms of a real module. */
  readonly delay: number;
}

/** What can be made of a sound package, so that it must be refused. */
export const spoiltContents = ['corrupt', 'truncated', 'not-a-zip', 'empty'] as const;

/** One trial: where power is cut in each attempt, in order, over which source the package comes, and whether it is a sound one. */
export interface CutTrial {
  readonly points: readonly CutPoint[];
  readonly source: Source;
  /** Left out: the release's own package. */
  readonly contents?: (typeof spoiltContents)[number];
}

/** Local packages have no download to cut. */
export function hasDownload(source: Source): boolean {
  return source === 'ftp' || source === 'http';
}

const needsPercent: readonly Anchor[] = ['download', 'updating'];

export function phaseOf(point: CutPoint): Phase {
  switch (point.anchor) {
    case 'download-start':
    case 'download':
      return 'download';
    case 'download-end':
    case 'usb-leaves':
      return 'reboot';
    case 'start':
      // Seconds after START the recovery is under way.
      return point.delay < 1000 ? 'start' : 'updating';
    case 'updating':
    case 'failed-end':
    case 'silence':
      return 'updating';
    case 'end':
      return point.delay === 0 ? 'end' : 'after-end';
    case 'ready':
      return 'after-end';
  }
}

export function pointText({ anchor, percent, delay }: CutPoint): string {
  return `${anchor}${percent === undefined ? '' : `@${String(percent)}%`}${delay === 0 ? '' : `+${String(delay)}ms`}`;
}

/** The trial's id. */
export function cutId({ points, source, contents }: CutTrial): string {
  const body = `${points.map(pointText).join(',')}/${source}${contents === undefined ? '' : `/${contents}`}`;
  return `cut:${body}#${check(body)}`;
}

/** Reads an id back. Throws a UserError that says what is wrong; a wrong check (a mistyped id) is refused. */
export function parseCutId(id: string): CutTrial {
  const match = /^cut:(([^/]+)\/([a-z]+)(?:\/([a-z-]+))?)#([0-9a-f]{4})$/.exec(id);
  const [, body = '', list = '', source = '', spoilt, sum = ''] = match ?? [];
  const wrong = (what: string): never => {
    throw new UserError(`not the id of a cut: ${what}`, {
      asked: 'for example cut:updating@41%+120ms/ufs#7f3a, as it stands in a test’s name',
      seen: id,
    });
  };
  if (match === null) return wrong('its form is cut:<point>[,<point>…]/<source>[/<contents>]#<check>');
  const found = sources.find((each) => each === source);
  if (found === undefined) return wrong(`${source} is not one of ${sources.join(', ')}`);
  const points = list.split(',').map((text) => parsePoint(text) ?? wrong(`${text} is not a point`));
  const download = points.find(({ anchor }) => anchor.startsWith('download'));
  if (download !== undefined && !hasDownload(found)) return wrong(`${pointText(download)} over ${found}, which has no download`);
  const contents = spoiltContents.find((each) => each === spoilt);
  if (spoilt !== undefined && contents === undefined) return wrong(`${spoilt} is not one of ${spoiltContents.join(', ')}`);
  if (check(body) !== sum) return wrong('its check does not fit; was it mistyped?');
  return { points, source: found, ...(contents === undefined ? {} : { contents }) };
}

/** One cut of a sound package at a reported percentage: what can be narrowed. */
export function isFlashing({ points, contents }: CutTrial): boolean {
  return points.length === 1 && points[0]?.anchor === 'updating' && contents === undefined;
}

function parsePoint(text: string): CutPoint | undefined {
  const match = /^([a-z-]+?)(?:@(\d{1,3}(?:\.\d+)?)%)?(?:\+(\d+(?:\.\d+)?)ms)?$/.exec(text);
  const anchor = anchors.find((each) => each === match?.[1]);
  if (match === null || anchor === undefined) return undefined;
  const percent = match[2] === undefined ? undefined : Number(match[2]);
  if (needsPercent.includes(anchor) !== (percent !== undefined) || (percent ?? 0) > 100) return undefined;
  return { anchor, ...(percent === undefined ? {} : { percent }), delay: Number(match[3] ?? 0) };
}

function check(body: string): string {
  return createHash('sha256').update(body).digest('hex').slice(0, 4);
}
