/**
 * How long the evidence page of a large night takes: to be made, to be ready, to be filtered, to show a timeline.
 * `node -r ./harness/simulator/testing/ts-hook.cjs bench/page/measure.ts [trials …]` after `npm run build`; needs Chromium.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBrowser, openPage } from '../../harness/report/html/testing/browser.js';
import { writeNight } from '../../harness/report/html/testing/night.js';

const rounds = 5;
const dfota = join(__dirname, '..', '..', 'bin', 'dfota.js');

async function measure(trials: number): Promise<Record<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'page-bench-'));
  try {
    const [journal, page] = [join(folder, 'journal.jsonl'), join(folder, 'report.html')];
    const size = writeNight(journal, { trials, bricks: [40, 45], spoilt: 50, sequences: 40 });
    const began = process.hrtime.bigint();
    execFileSync(process.execPath, [dfota, 'report', 'html', journal, '--out', page]);
    const made = Number(process.hrtime.bigint() - began) / 1e9;
    const times = { ready: [] as number[], filtered: [] as number[], timeline: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      const { ready, filtered, timeline } = await look(page);
      times.ready.push(ready);
      times.filtered.push(filtered);
      times.timeline.push(timeline);
    }
    return {
      trials: String(trials),
      journal: megabytes(size),
      'page made in': `${made.toFixed(1)} s`,
      page: megabytes(statSync(page).size),
      ready: median(times.ready),
      filtered: median(times.filtered),
      timeline: median(times.timeline),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** ms from the beginning of the navigation until the whole first page is painted and can be used; from a click to the filtered table; from a click to a drawn timeline. */
async function look(file: string): Promise<{ ready: number; filtered: number; timeline: number }> {
  const browser = await openBrowser();
  try {
    const { page } = await openPage(browser, file);
    const ready = await page.evaluate<number>(`(async () => {
      const painted = () => performance.getEntriesByName('first-contentful-paint')[0];
      while (painted() === undefined) await new Promise((done) => setTimeout(done, 20));
      return Math.max(painted().startTime, performance.getEntriesByName('ready')[0].startTime);
    })()`);
    // Two frames: what was changed has been drawn by then.
    const drawn = 'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))';
    const chip = `[...document.querySelectorAll('#trials .chip')].find((chip) => chip.textContent.startsWith('failed'))`;
    const filtered = await page.evaluate<number>(
      `(async () => { const began = performance.now(); ${chip}.click(); return (await ${drawn}) - began; })()`,
    );
    const timeline = await page.evaluate<number>(`(async () => {
      const began = performance.now();
      location.hash = document.querySelector('#trials td a').getAttribute('href');
      while (document.querySelector('.timeline svg') === null) await ${drawn};
      return (await ${drawn}) - began;
    })()`);
    return { ready, filtered, timeline };
  } finally {
    await browser.close();
  }
}

function median(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  return `${(sorted[Math.floor(sorted.length / 2)] ?? 0).toFixed(0)} ms`;
}

function megabytes(size: number): string {
  return `${(size / 1e6).toFixed(1)} MB`;
}

async function main(): Promise<void> {
  const asked = process.argv.slice(2).map(Number);
  for (const trials of asked.length > 0 ? asked : [200, 2000, 10_000]) {
    const row = await measure(trials);
    process.stdout.write(
      `${Object.entries(row)
        .map(([name, value]) => `${name} ${value}`)
        .join(', ')}\n`,
    );
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
