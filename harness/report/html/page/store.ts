import type { ReportData, UpgradeDetail } from '../data.js';
import { unpackBundle, type PackedBundle } from '../packing.js';

function textOf(id: string): string {
  return document.getElementById(id)?.textContent ?? '';
}

/** Everything but the details of single upgrades. */
export let data = JSON.parse(textOf('data')) as ReportData;

/** Whether this page follows a run; it does so from its beginning or never. */
export const followsRun = data.live !== undefined;

/** The report of a run that goes on, as it has become. */
export function replaceData(next: ReportData): void {
  data = next;
  several = data.rigs.length > 1;
}

let bundles: readonly string[] | undefined;
const unpacked = new Map<number, Promise<readonly UpgradeDetail[]>>();

/** Details of one upgrade; a bundle is decompressed when the first of its upgrades is asked for. */
export async function detailOf(upgrade: number): Promise<UpgradeDetail | undefined> {
  const bundle = Math.floor(upgrade / data.bundle);
  const known = unpacked.get(bundle);
  const found = (await known?.catch(() => undefined))?.[upgrade % data.bundle];
  // A bundle that a run still adds to has grown since, or could not be fetched.
  if (found !== undefined || (known !== undefined && !followsRun)) return found;
  const fresh = unpack(bundle);
  unpacked.set(bundle, fresh);
  return (await fresh)[upgrade % data.bundle];
}

/** Everything that nobody has looked at yet, before who sends it is gone. */
export async function fetchAllDetails(): Promise<void> {
  for (let upgrade = data.bundle - 1; upgrade < data.upgrades.id.length + data.bundle - 1; upgrade += data.bundle)
    await detailOf(Math.min(upgrade, data.upgrades.id.length - 1));
}

async function unpack(bundle: number): Promise<readonly UpgradeDetail[]> {
  const bytes = Uint8Array.from(atob(await packed(bundle)), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return unpackBundle((await new Response(stream).json()) as PackedBundle);
}

async function packed(bundle: number): Promise<string> {
  if (followsRun) {
    const response = await fetch(`details/${String(bundle)}`);
    if (!response.ok) throw new Error(`no details: ${String(response.status)}`);
    return response.text();
  }
  bundles ??= JSON.parse(textOf('details')) as readonly string[];
  return bundles[bundle] ?? '';
}

export const rigName = (rig: number): string => data.rigs[rig]?.name ?? '';
export let several = data.rigs.length > 1;

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
