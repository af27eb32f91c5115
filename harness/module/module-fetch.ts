/**
 * The module's own HTTP and FTP clients, used to fetch a small file without an upgrade. Commands and reports as in the vendor's AT command
 * manuals of HTTP(S) and FTP(S) for EC2x: AT+QIACT, AT+QHTTPURL/GET/READ, AT+QFTPCFG/OPEN/CWD/SIZE/GET/CLOSE.
 */
import type { Answer, AtPort } from '../at/types.js';
import { scaledDeadline, type Clock } from '../base/clock.js';
import { RigFault } from '../base/errors.js';
import { answerText, fields, split } from './answers.js';
import { Wake } from './wake.js';

/** The module answered ERROR to a command: it does not know it, or does not take it now. */
export class NotTaken extends Error {}

/** A report with a number other than 0 behind its name, or none in time. */
export class FetchFailed extends Error {}

export interface Fetched {
  /** Bytes that the module says it got, or that the server says there are. */
  readonly size: number | undefined;
  /** What came over the line; undefined when it was not asked for. */
  readonly body: string | undefined;
}

interface FtpAddress {
  readonly user: string;
  readonly password: string;
  readonly host: string;
  readonly port: number;
  readonly folder: string;
  readonly name: string;
}

/** Activating the data connection takes up to 150 s, a request 60 s and more (the manuals' maximum response times). */
const activation = 150_000;
const request = 90_000;
/** The host and its servers are not scaled. */
const leastRequest = 5_000;
/** Seconds that the module waits for our address, and for a server's answer. */
const urlSeconds = 30;
const answerSeconds = 80;

/** The parts of `ftp://user:password@host:port/folder/name`. */
export function ftpAddress(target: string): FtpAddress | undefined {
  const found = /^ftp:\/\/([^:]*):(.*)@([^@/:]+)(?::(\d+))?\/(?:(.*)\/)?([^/]+)$/i.exec(target);
  if (found === null) return undefined;
  const [user = '', password = '', host = '', port = '21', folder = '', name = ''] = found.slice(1);
  return { user, password, host, port: Number(port), folder, name };
}

/** One module, one port, one fetch at a time. `close` takes back what was opened. */
export class ModuleFetch {
  readonly #stopListening: () => void;
  readonly #wake: Wake;
  #heard: string[] = [];
  #activated = false;
  #ftpOpen = false;

  constructor(private readonly parts: { readonly port: AtPort; readonly clock: Clock; readonly scale: number }) {
    this.#wake = new Wake(parts.clock);
    this.#stopListening = parts.port.onUrc(({ text }) => {
      this.#heard.push(text);
      this.#wake.poke();
    });
  }

  /** The data connection of context 1, unless it is up. */
  async activate(): Promise<void> {
    const known = await this.#ask('AT+QIACT?');
    if (fields(known, '+QIACT')?.[0] === '1' && fields(known, '+QIACT')?.[1] === '1') return;
    await this.#ask('AT+QIACT=1', activation);
    this.#activated = true;
  }

  /** GET; the answer's body too, when it is wanted. Throws FetchFailed for another status than 200. */
  async http(url: string, wantsBody: boolean): Promise<Fetched> {
    await this.#ask('AT+QHTTPCFG="contextid",1');
    const given = await this.parts.port.upload(
      `AT+QHTTPURL=${String(Buffer.byteLength(url))},${String(urlSeconds)}`,
      Buffer.from(url),
      {
        deadline: this.#within(request),
        ackMode: false,
      },
    );
    taken(given);
    const [error, status = '?', size] = await this.#report(`AT+QHTTPGET=${String(answerSeconds)}`, '+QHTTPGET');
    if (error !== '0') throw new FetchFailed(`+QHTTPGET: ${error ?? ''}`);
    if (status !== '200') throw new FetchFailed(`HTTP ${status}`);
    const body = wantsBody ? await this.#body(`AT+QHTTPREAD=${String(answerSeconds)}`, '+QHTTPREAD') : undefined;
    return { size: numberOf(size), body };
  }

  /** Login, the file's size, and its bytes when they are wanted. */
  async ftp(address: FtpAddress, wantsBody: boolean): Promise<Fetched> {
    for (const setting of [
      '"contextid",1',
      `"account","${address.user}","${address.password}"`,
      '"filetype",0',
      '"transmode",1',
      `"rsptimeout",${String(answerSeconds)}`,
    ])
      await this.#ask(`AT+QFTPCFG=${setting}`);
    await this.#numbered(`AT+QFTPOPEN="${address.host}",${String(address.port)}`, '+QFTPOPEN');
    this.#ftpOpen = true;
    await this.#numbered(`AT+QFTPCWD="/${address.folder}"`, '+QFTPCWD');
    const size = numberOf((await this.#numbered(`AT+QFTPSIZE="${address.name}"`, '+QFTPSIZE'))[1]);
    return { size, body: wantsBody ? await this.#body(`AT+QFTPGET="${address.name}","COM:"`, '+QFTPGET') : undefined };
  }

  /** Never rejects. */
  async close(): Promise<void> {
    if (this.#ftpOpen) await this.#report('AT+QFTPCLOSE', '+QFTPCLOSE').catch(() => undefined);
    if (this.#activated) await this.#ask('AT+QIDEACT=1', activation).catch(() => undefined);
    this.#stopListening();
  }

  async #numbered(command: string, name: string): Promise<readonly string[]> {
    const report = await this.#report(command, name);
    if (report[0] !== '0') throw new FetchFailed(`${name}: ${report.join(',')}`);
    return report;
  }

  /** A command whose outcome is reported after its OK. */
  async #report(command: string, name: string): Promise<readonly string[]> {
    this.#heard = [];
    const answer = await this.#ask(command, this.#within(request));
    return fields(answer, name) ?? split((await this.#until(command, name)).slice(name.length + 1));
  }

  /** CONNECT, the bytes as lines of text, OK, then the report. */
  async #body(command: string, name: string): Promise<string> {
    this.#heard = [];
    const answer = await this.parts.port.command(command, { deadline: this.#within(request) });
    // Without CONNECT there are no bytes: the report says why.
    if (answer.result !== 'CONNECT') taken(answer);
    const report = await this.#until(command, name);
    const [error] = split(report.slice(name.length + 1));
    if (error !== '0') throw new FetchFailed(report);
    return this.#heard.slice(0, this.#heard.indexOf(report)).join('\n');
  }

  async #until(command: string, name: string): Promise<string> {
    const { clock } = this.parts;
    const deadline = clock.now() + this.#within(request);
    for (;;) {
      const report = this.#heard.find((text) => text.trimStart().startsWith(`${name}:`));
      if (report !== undefined) return report.trim();
      if (clock.now() >= deadline) throw new FetchFailed(`no ${name} after ${nameOf(command)}`);
      await this.#wake.wait(deadline);
    }
  }

  async #ask(command: string, within = request): Promise<Answer> {
    const answer = await this.parts.port.command(command, { deadline: this.#within(within) });
    taken(answer);
    return answer;
  }

  #within(ms: number): number {
    return Math.max(leastRequest, scaledDeadline(ms, this.parts.scale));
  }
}

/** A password may stand behind the name. */
const nameOf = (command: string): string => command.replace(/=.*/s, '');

function taken(answer: Answer): void {
  if (answer.ok) return;
  const text = `${nameOf(answer.command)}: ${answerText(answer)}`;
  if (answer.result === 'timeout' || answer.result === 'lost')
    throw new RigFault('the module does not answer', { asked: nameOf(answer.command), seen: text });
  throw new NotTaken(text);
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
