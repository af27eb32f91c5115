import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pause, type Cancel, type Clock } from '../../base/clock.js';
import { showableJson } from '../html/details.js';
import { renderPage } from '../html/render.js';
import type { LiveReport } from '../html/data.js';
import type { RunSoFar } from './run-so-far.js';
import { liveServer } from './server.js';
import { Watchers } from './watchers.js';

const mostWatchers = 12;
/** ms; nobody sees more, and it is not the page that the machine is for. */
const shortestPause = 1000;
/** What was spent on telling is followed by this many times as long a pause; on what was written before anybody watched, by as long a one. */
const share = 4;
/** ms that a page which is asked for may wait until the journal so far has been read; the rest comes while it is looked at. */
const patience = 2000;
/** ms that the last reading may take. */
const lastReading = 5000;
/** ms after the end of the run for those who watch to fetch what they have not seen yet. */
const afterwards = 5000;

/** Serves the evidence page of a run that goes on, on the loopback address alone. Reads the journal only while somebody watches. */
export class LiveView {
  readonly #server: Server;
  readonly #watchers: Watchers;
  readonly #idle: (() => void)[] = [];
  #run: RunSoFar | undefined;
  #beat: Cancel | undefined;
  #reading: Promise<boolean> | undefined;
  #over = false;
  #finished: Promise<void> | undefined;
  #page: { readonly text: string; readonly until: number } | undefined;
  /** The last that was told, for who comes later. */
  #report = '';
  #rigs = '';

  constructor(private readonly clock: Clock) {
    this.#watchers = new Watchers(clock, () => {
      [this.#report, this.#rigs] = ['', ''];
      for (const done of this.#idle.splice(0)) done();
    });
    const content = {
      page: () => this.#renderPage(),
      details: (bundle: number) => this.#run?.details(bundle),
      watch: (response: ServerResponse) => this.#watch(response),
    };
    this.#server = liveServer(content, clock);
  }

  /** Resolves with the port; 0 takes any. Rejects with the system's error. */
  async listen(port: number): Promise<number> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  follow(run: RunSoFar): void {
    this.#run = run;
  }

  /** The run has ended: tells it, waits for a few seconds until all who watch have what they want, and closes. */
  finish(): Promise<void> {
    this.#finished ??= this.#finish();
    return this.#finished;
  }

  async #finish(): Promise<void> {
    const run = this.#run;
    this.#over = true;
    this.#beat?.();
    if (run !== undefined && this.#watchers.size > 0) {
      // Half a journal may look better than the whole: then nothing is said but that the run has ended.
      if (await this.#readOn(run, lastReading)) {
        run.close();
        this.#watchers.push('report', showableJson(run.report()));
      }
      this.#watchers.push('end', '{}');
      await new Promise<void>((done) => {
        const cancel = this.clock.after(afterwards, done);
        this.#idle.push(() => {
          cancel();
          done();
        });
      });
    }
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #watch(response: ServerResponse): boolean {
    if (this.#watchers.size >= mostWatchers || this.#over) return false;
    this.#watchers.add(response);
    if (this.#report !== '') this.#watchers.push('report', this.#report, response);
    if (this.#rigs !== '') this.#watchers.push('rigs', this.#rigs, response);
    this.#beat ??= this.clock.after(0, () => void this.#tell());
    return true;
  }

  /** What is new, told to all; then again, as long as somebody watches. */
  async #tell(): Promise<void> {
    const run = this.#run;
    const began = this.clock.now();
    let whole = true;
    if (run !== undefined) {
      whole = await this.#readOn(run, patience);
      if (this.#over) return;
      if (run.reportChanged || this.#report === '') this.#tellReport(run.report());
      if (run.rigsChanged || this.#rigs === '') {
        this.#rigs = showableJson(run.rigs());
        this.#watchers.push('rigs', this.#rigs);
      }
    }
    this.#watchers.beat();
    const now = this.clock.now();
    const wait = Math.max(shortestPause, (whole ? share : 1) * (now - began));
    this.#beat = this.#watchers.size === 0 ? undefined : this.clock.after(wait, () => void this.#tell());
  }

  #tellReport(report: LiveReport): void {
    this.#report = showableJson(report);
    this.#watchers.push('report', this.#report);
  }

  /** What was written since, in pieces between which others have their turn; true when that was all, false after `longest` ms. */
  #readOn(run: RunSoFar, longest: number): Promise<boolean> {
    const before = this.#reading;
    const reading = (async () => {
      await before;
      const until = this.clock.now() + longest;
      while (run.read()) {
        if (this.clock.now() > until) return false;
        await pause(this.clock, 0);
      }
      return true;
    })();
    this.#reading = reading;
    return reading;
  }

  /** Made anew once a second at most, however often it is asked for. */
  async #renderPage(): Promise<string | undefined> {
    const run = this.#run;
    if (run === undefined || this.#over) return undefined;
    const now = this.clock.now();
    if (this.#page !== undefined && now < this.#page.until) return this.#page.text;
    await this.#readOn(run, patience);
    const report = run.report();
    this.#tellReport(report);
    const text = [...renderPage(report.data, [])].join('');
    const until = this.clock.now() + Math.max(shortestPause, share * (this.clock.now() - now));
    this.#page = { text, until };
    return text;
  }
}
