import type { Remote } from '../behaviour.js';
import { DownloadError } from './air.js';
import type { DownloadJob } from './air.js';
import { download } from './download.js';
import { PLAIN_FTP } from './ftp.js';
import { PLAIN_HTTP } from './http.js';
import type { FileWriter } from './file-store.js';
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
  private downloadFailed = false;
  private fetching = false;

  constructor(private readonly module: SimModule) {}

  get running(): boolean {
    return this.busy;
  }

  /** A package is on its way from a server. */
  get downloading(): boolean {
    return this.fetching;
  }

  /** Normal mode has begun afresh. */
  reset(): void {
    this.busy = false;
    this.fetching = false;
    this.downloadFailed = false;
  }

  /** Takes the command's parameter; false is ERROR, and nothing happens. */
  request(text: string | undefined): boolean {
    const accepted = text !== undefined && !this.busy && this.accept(text);
    if (!accepted) this.refused(text);
    return accepted;
  }

  private refused(text = ''): void {
    const { behaviours } = this.module.options;
    const server = this.module.network.anyServer();
    if (text.startsWith('/') && server !== undefined && behaviours.ask('requestsAfterRefusal', false)) {
      const remote: Remote = { kind: 'http', user: '', password: '', ...server, path: text.slice(text.lastIndexOf('/') + 1) };
      this.transfer(remote, { write: () => undefined }, 0, () => undefined).catch(() => undefined);
    }
    if (behaviours.ask('rebootsAfterRefusal', false)) this.module.rebootSoon();
    const report = behaviours.ask('reportAfterRefusal', '');
    if (report !== '') this.module.epoch.after(BEFORE_DOWNLOAD, () => this.module.reporter.urc(report));
  }

  private accept(text: string): boolean {
    const { behaviours } = this.module.options;
    const { gaveUp } = this.module;
    if (!behaviours.ask('takesUpgrade', true, { gaveUp, downloadFailed: this.downloadFailed })) return false;
    const limits = behaviours.ask('limits', LIMITS);
    const source = parseFotaSource(text, limits);
    if (source === undefined) return false;
    if (source.kind === 'local') {
      const there = this.module.files.size({ storage: source.storage, name: source.name }) !== undefined;
      const elsewhere = parseFotaSource(text, { ...limits, otherPaths: false, longerPaths: false }) === undefined;
      if (!there && !elsewhere && !behaviours.ask('acceptsMissingFile', false)) return false;
      this.start(() => this.fromFile(text));
    } else this.start(() => this.fetch(source));
    return true;
  }

  private start(run: () => void): void {
    this.busy = true;
    this.module.epoch.after(BEFORE_DOWNLOAD, run);
  }

  private fromFile(source: string): void {
    const { module } = this;
    const extra = module.options.behaviours.ask('localDownload', 'nothing');
    const server = extra === 'requests' ? module.network.anyServer() : undefined;
    if (server !== undefined) {
      const name = source.slice(source.lastIndexOf('/') + 1);
      const remote: Remote = { kind: 'http', user: '', password: '', ...server, path: name };
      // Nothing is done with it; whether it comes or not, the upgrade goes on.
      this.transfer(remote, { write: () => undefined }, 0, () => undefined).catch(() => undefined);
    }
    if (extra === 'reports') for (const report of ['"HTTPSTART"', '"HTTPEND",0']) module.reporter.urc(`+QIND: "FOTA",${report}`);
    module.enterRecovery(source, BEFORE_REBOOT);
  }

  private fetch(asked: Remote): void {
    const { module } = this;
    const { behaviours } = module.options;
    const word = asked.kind === 'ftp' ? 'FTP' : 'HTTP';
    module.reporter.urc(`+QIND: "FOTA","${word}START"`);
    const { epoch } = module;
    if (behaviours.ask('makesRoom', false) && module.files.free('UFS') < 300_000) module.files.wipe();
    const file = module.files.createDownload();
    this.fetching = true;
    const end = (code: number): void => {
      forget();
      if (!epoch.alive) return;
      this.fetching = false;
      const shown = behaviours.ask('downloadEnd', code, asked.kind);
      if (shown === 0) file.keep();
      else file.drop();
      const report = behaviours.ask('reportsDownloadEnd', true, shown) ? `+QIND: "FOTA","${word}END",${shown}` : undefined;
      if (shown === 0) module.enterRecovery('download', BEFORE_REBOOT, report);
      else {
        this.busy = false;
        this.downloadFailed = true;
        module.spoilFailedDownload();
        if (report !== undefined) module.reporter.urc(report);
        if (behaviours.ask('rebootsAfterFailedDownload', false)) module.rebootSoon();
      }
    };
    const aborts: (() => void)[] = [];
    const forget = epoch.onEnd(() => {
      for (const abort of aborts) abort();
      file.drop();
    });
    if (!module.sim.registered) return end(asked.kind === 'ftp' ? 605 : 710);
    this.transfers(behaviours.ask('remote', asked), file, (abort) => aborts.push(abort)).then(
      () => end(0),
      (error: unknown) => end(error instanceof DownloadError ? error.code : asked.kind === 'ftp' ? 601 : 701),
    );
  }

  /** The package, and whatever is fetched once more. */
  private async transfers(remote: Remote, file: FileWriter, onAbort: (abort: () => void) => void): Promise<void> {
    let length = 0;
    const counted = {
      write: (data: Uint8Array) => {
        length += data.length;
        file.write(data);
      },
    };
    for (let tries = this.module.options.behaviours.ask('downloadTries', 1); ; tries--)
      try {
        await this.transfer(remote, counted, length, onAbort);
        break;
      } catch (error) {
        if (tries <= 1 || !this.busy) throw error;
      }
    for (let more = this.module.options.behaviours.ask('fetches', 1) - 1; more > 0; more--)
      await this.transfer(remote, { write: () => undefined }, length >> 1, onAbort);
  }

  private transfer(
    remote: Remote,
    file: DownloadJob['file'],
    offset: number,
    onAbort: (abort: () => void) => void,
  ): Promise<void> {
    const { module } = this;
    const { behaviours, scale, networkTimeout } = module.options;
    return download({
      remote,
      network: module.network,
      timeoutMs: Math.max(SHORTEST_TIMEOUT_MS, networkTimeout * 1000 * scale),
      bytesPerSecond: behaviours.ask('bytesPerSecond', AIR_SPEED) / scale,
      room: module.files.free('UFS'),
      diesAfter: behaviours.ask('networkDiesAfter', Infinity),
      offset,
      file,
      http: behaviours.ask('httpManner', PLAIN_HTTP),
      ftp: behaviours.ask('ftpManner', PLAIN_FTP),
      onAbort,
    });
  }
}
