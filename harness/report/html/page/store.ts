import type { ReportData, UpgradeDetail } from '../data.js';
import { unpackBundle, type PackedBundle } from '../packing.js';

function textOf(id: string): string {
  return document.getElementById(id)?.textContent ?? '';
}

/** Everything but the details of single upgrades. */
export const data = JSON.parse(textOf('data')) as ReportData;

let bundles: readonly string[] | undefined;
const unpacked = new Map<number, Promise<readonly UpgradeDetail[]>>();

/** Details of one upgrade; a bundle is decompressed when the first of its upgrades is asked for. */
export async function detailOf(upgrade: number): Promise<UpgradeDetail | undefined> {
  const bundle = Math.floor(upgrade / data.bundle);
  const known = unpacked.get(bundle) ?? unpack(bundle);
  unpacked.set(bundle, known);
  return (await known)[upgrade % data.bundle];
}

async function unpack(bundle: number): Promise<readonly UpgradeDetail[]> {
  bundles ??= JSON.parse(textOf('details')) as readonly string[];
  const bytes = Uint8Array.from(atob(bundles[bundle] ?? ''), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return unpackBundle((await new Response(stream).json()) as PackedBundle);
}

export const rigName = (rig: number): string => data.rigs[rig]?.name ?? '';
export const several = data.rigs.length > 1;

export function requirementText(id: string): string {
  return data.requirements.find((row) => row.id === id)?.text ?? '';
}

/** What is asked of the firmware when this upgrade's trial, or else the run, is to be repeated. */
export function repeatCommand(upgrade: number): string | undefined {
  const trial = data.upgrades.trial[upgrade] ?? -1;
  const cut = data.trials.cut[trial];
  if (cut !== undefined && cut !== '') return `${data.repeat.base} --cut ${quoted(cut)}`;
  const test = data.upgrades.test[upgrade] ?? -1;
  const name = data.tests.name[test];
  if (name === undefined || data.run === undefined) return undefined;
  const suite = data.tests.suite[test] ?? '';
  const title = name.startsWith(`${suite}: `) ? name.slice(suite.length + 2) : name;
  const pattern = `^${title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`;
  return `${data.repeat.base} --suite ${quoted(suite)} --seed ${String(data.run.seed)} -t ${quoted(pattern)}`;
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, `'\\''`)}'`;
}
