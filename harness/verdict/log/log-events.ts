import { readReports } from '../../at/report.js';
import type { Report } from '../../at/types.js';
import type { EventBody, Identity, JournalEvent, Source } from '../../journal/events.js';
import { isCommand } from '../understood.js';
import { versionsInName } from '../versions.js';
import { identityIn } from './log-identity.js';

interface Line {
  readonly number: number;
  readonly text: string;
  readonly t: number;
  readonly toModule: boolean;
}

const finalResult = /^(OK|ERROR|\+CME ERROR|\+CMS ERROR)(?::\s*(.*))?$/;
const upgradeCommand = /^\s*AT\+QFOTADL\s*=\s*"?([^"?]+)"?/i;

interface Shown {
  /** Its command stands in the log. */
  readonly commanded: boolean;
  download: boolean;
  failed: boolean;
  protocol: string | undefined;
  recovery: boolean;
  refused: boolean;
}

/** Turns the lines of a log into the events that a run would have written, as far as they show. */
export class LogEvents {
  readonly #events: JournalEvent[] = [];
  #now = { n: 0, t: 0 };
  #commands = 0;
  #upgrades = 0;
  /** The command whose answer is still out, and the lines of that answer. */
  #asked: { readonly text: string; readonly id: number; readonly upgrade: boolean; readonly lines: string[] } | undefined;
  /** What is known of the unit when the next upgrade begins. */
  #known: Identity = {};
  /** What was read since the present upgrade showed something. */
  #after: Identity = {};
  /** What the present upgrade has shown. */
  #shown: Shown | undefined;

  /** True when the line is part of a command's answer that is understood as such. */
  take(line: Line): boolean {
    this.#now = { n: line.number, t: line.t };
    const text = line.text.trim();
    const command = isCommand(text) && readReports(text).reports.length === 0;
    if (command) {
      this.#command(text);
      return true;
    }
    if (line.toModule) return false;
    const { reports, rest } = readReports(line.text);
    for (const { report } of reports) this.#report(report);
    this.#write({ type: 'line.rx', line: 'log', data: `${line.text}\r\n` });
    return this.#answer(rest.trim());
  }

  close(): readonly JournalEvent[] {
    return this.#events;
  }

  #report(report: Report): void {
    if (report.kind === 'boot' || report.kind === 'powered-down') return;
    const download = report.kind === 'download-start' || report.kind === 'download-end' ? report : undefined;
    if (this.#shown === undefined || this.#belongsToAnother(this.#shown, download)) {
      this.#begin('', download !== undefined && download.protocol !== 'ftp' ? 'http' : 'ftp', download !== undefined);
    }
    const shown = this.#shown as Shown;
    if (download === undefined) shown.recovery = true;
    else if (report.kind === 'download-end') Object.assign(shown, { download: true, failed: report.code !== 0 });
    if (download !== undefined) shown.protocol ??= download.protocol;
  }

  /** Where no command is shown, a report that cannot follow the ones before begins another upgrade. */
  #belongsToAnother(shown: Shown, download: { readonly kind: string; readonly protocol: string } | undefined): boolean {
    if (this.#asked?.upgrade === true) return false;
    if (download?.kind === 'download-start' && (shown.download || shown.recovery)) return true;
    if (shown.commanded) return false;
    if (download === undefined) return shown.failed;
    return shown.recovery || (shown.protocol !== undefined && shown.protocol !== download.protocol);
  }

  #command(text: string): void {
    const target = upgradeCommand.exec(text)?.[1];
    // A second echo of the same command, or the sent line and its echo.
    if (this.#asked?.text === text && this.#asked.lines.length === 0) return;
    if (target !== undefined) {
      const scheme = /^([a-z]+):\/\//i.exec(target)?.[1]?.toLowerCase();
      const source =
        scheme === undefined ? (target.startsWith('/media/card') ? 'sd' : 'ufs') : scheme.startsWith('http') ? 'http' : 'ftp';
      this.#begin(target, source, true);
    }
    this.#commands += 1;
    this.#asked = { text, id: this.#commands, upgrade: target !== undefined, lines: [] };
    if (target !== undefined) this.#write({ type: 'at.command', line: 'log', id: this.#commands, text, deadline: 0 });
  }

  #begin(target: string, source: Source, known: boolean): void {
    this.#upgrades += 1;
    const upgrade = `upgrade ${String(this.#upgrades)}`;
    const name = target.slice(target.lastIndexOf('/') + 1);
    const pair = versionsInName(name);
    if (Object.keys(this.#known).length > 0) {
      this.#write({ type: 'module.identity', when: 'before', upgrade, identity: this.#known });
    }
    this.#write({
      type: 'upgrade.start',
      upgrade,
      step: 'upgrade',
      source,
      // An empty target says that the log does not show the command; with a download its reports still name the protocol.
      target: target === '' && known ? `${source}://` : target,
      targetLength: target.length,
      package: { file: name, size: 0, sha256: '', from: pair?.from ?? '', to: pair?.to ?? '', contents: 'sound' },
      intent: 'valid',
    });
    this.#after = {};
    this.#shown = {
      commanded: target !== '',
      download: false,
      failed: false,
      protocol: undefined,
      recovery: false,
      refused: false,
    };
  }

  #answer(text: string): boolean {
    const asked = this.#asked;
    if (asked === undefined || text === '') return false;
    const result = finalResult.exec(text);
    if (result === null) {
      asked.lines.push(text);
      return identityIn(asked.text, [text]) !== undefined;
    }
    this.#asked = undefined;
    const [, word, code] = result;
    if (asked.upgrade) {
      if (word !== 'OK' && this.#shown !== undefined) this.#shown.refused = true;
      this.#write({
        type: 'at.answer',
        line: 'log',
        id: asked.id,
        result: word as 'OK',
        lines: [],
        took: 0,
        ...(code === undefined ? {} : { code }),
      });
      return true;
    }
    const found = word === 'OK' ? identityIn(asked.text, asked.lines) : undefined;
    if (found !== undefined) this.#learn(found);
    return true;
  }

  #learn(found: Identity): void {
    this.#known = { ...this.#known, ...found };
    // What is read while nothing has happened yet says nothing of the outcome.
    if (this.#shown?.download !== true && this.#shown?.recovery !== true && this.#shown?.refused !== true) return;
    this.#after = { ...this.#after, ...found };
    this.#write({ type: 'module.identity', when: 'after', upgrade: `upgrade ${String(this.#upgrades)}`, identity: this.#after });
  }

  #write(body: EventBody): void {
    this.#events.push({ ...this.#now, at: '', ...body });
  }
}
