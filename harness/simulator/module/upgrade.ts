import type { Remote } from '../behaviour.js';
import { DownloadError } from './air.js';
import { download } from './download.js';
import { LIMITS, parseFotaSource } from './fota-source.js';
import type { SimModule } from './module.js';

/** Seconds, before scaling. */
const BEFORE_DOWNLOAD = 1;
const BEFORE_REBOOT = 3;
/** Bytes a second that LTE brings, before scaling: a package of 200 kB takes twenty seconds. */
const AIR_SPEED = 10_000;
const SHORTEST_TIMEOUT_MS = 1000;

/** `AT+QFOTADL` in normal mode: from the command to the reboot into recovery. */
export class Upgrade {
  private busy = false;

  constructor(private readonly module: SimModule) {}

  get running(): boolean {
    return this.busy;
  }

  /** Normal mode has begun afresh. */
  reset(): void {
    this.busy = false;
  }

  /** Takes the command's parameter; false is ERROR, and nothing happens. */
  request(text: string | undefined): boolean {
    const { module } = this;
    const accepted = text !== undefined && !this.busy && this.accept(text);
    if (!accepted && module.options.behaviours.ask('rebootsAfterRefusal', false)) module.rebootSoon();
    return accepted;
  }

  private accept(text: string): boolean {
    const { behaviours } = this.module.options;
    const source = parseFotaSource(text, behaviours.ask('limits', LIMITS));
    if (source === undefined) return false;
    if (source.kind === 'local') {
      const there = this.module.files.size({ storage: source.storage, name: source.name }) !== undefined;
      if (!there && !behaviours.ask('acceptsMissingFile', false)) return false;
      this.start(() => this.module.enterRecovery(text, BEFORE_REBOOT));
    } else this.start(() => this.fetch(source));
    return true;
  }

  private start(run: () => void): void {
    this.busy = true;
    this.module.epoch.after(BEFORE_DOWNLOAD, run);
  }

  private fetch(asked: Remote): void {
    const { module } = this;
    const { behaviours, scale, networkTimeout } = module.options;
    const word = asked.kind === 'ftp' ? 'FTP' : 'HTTP';
    module.reporter.urc(`+QIND: "FOTA","${word}START"`);
    const { epoch } = module;
    const file = module.files.createDownload();
    const end = (code: number): void => {
      forget();
      if (!epoch.alive) return;
      const shown = behaviours.ask('downloadEnd', code);
      if (shown === 0) file.keep();
      else file.drop();
      const report = `+QIND: "FOTA","${word}END",${shown}`;
      if (shown === 0) module.enterRecovery('download', BEFORE_REBOOT, report);
      else {
        this.busy = false;
        module.reporter.urc(report);
      }
    };
    const aborts: (() => void)[] = [];
    const forget = epoch.onEnd(() => {
      for (const abort of aborts) abort();
      file.drop();
    });
    if (!module.sim.registered) return end(asked.kind === 'ftp' ? 605 : 710);
    download({
      remote: behaviours.ask('remote', asked),
      network: module.network,
      timeoutMs: Math.max(SHORTEST_TIMEOUT_MS, networkTimeout * 1000 * scale),
      bytesPerSecond: AIR_SPEED / scale,
      room: module.files.free('UFS'),
      file,
      onAbort: (abort) => aborts.push(abort),
    }).then(
      () => end(0),
      (error: unknown) => end(error instanceof DownloadError ? error.code : asked.kind === 'ftp' ? 601 : 701),
    );
  }
}
