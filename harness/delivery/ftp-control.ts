import { isIPv4 } from 'node:net';
import { hostText } from './address.js';
import type { DeliveryContext } from './context.js';
import type { FtpData } from './ftp-data.js';
import type { FtpSent } from './ftp-sending.js';
import { FtpRefusal, silentLog, type FtpInside } from './ftp-inside.js';
import { activeAddress, cleaned } from './ftp-line.js';

/** Bytes of a command line. A path has 50, so this is generous. */
const longestLine = 1024;
/** Commands a client may send ahead. */
const mostQueued = 50;
/** ms without a command after which a client is sent away: before and after its login. */
const strangerPatience = 60_000;
const guestPatience = 300_000;
/** Failed logins on one connection. */
const mostLogins = 3;

const listCommands = new Set(['LIST', 'NLST']);
/** Commands about data connections, which are made here. */
const dataCommands = new Set(['PASV', 'EPSV', 'PORT', 'EPRT']);
/** Commands that name a file or folder. */
const fileCommands = new Set(['RETR', 'SIZE', 'MDTM', 'LIST', 'NLST', 'CWD', 'XCWD', 'STAT']);

export interface FtpControlParts {
  readonly connection: FtpInside;
  /** Number of the connection in the journal. */
  readonly number: number;
  readonly context: DeliveryContext;
  readonly data: FtpData;
  /** Number of the next request. */
  readonly nextRequest: () => number;
  /** IPv4 address that PASV tells this client. */
  readonly passiveAddress: () => Promise<string | undefined>;
}

const brokenOff = new FtpRefusal(426, 'Transfer broken off');

interface Request {
  readonly number: number;
  readonly verb: string;
  readonly begun: number;
  code: number;
  /** A transfer tells of its end itself, when the fate of the last byte is known. */
  transfer: boolean;
  /** ftp-srv is through with it. */
  readonly over: Promise<void>;
}

/**
 * One control connection: cuts what arrives into commands, runs them one after the other through ftp-srv, and writes requests and
 * replies to the journal. Data connections are made here, not by ftp-srv.
 */
export class FtpControl {
  readonly #queue: string[] = [];
  #rest = Buffer.alloc(0);
  #running = false;
  #current: Request | undefined;
  #refusal: FtpRefusal | undefined;
  #failedLogins = 0;
  #offset = 0;
  #cancelIdle: () => void = () => undefined;

  constructor(private readonly parts: FtpControlParts) {
    const { connection, data } = parts;
    const socket = connection.commandSocket;
    connection.connector = data;
    connection.log = silentLog((problem) => {
      this.#keep(problem);
    });
    this.#watchReplies();
    socket.removeAllListeners('data');
    socket.on('data', (chunk: Buffer) => {
      this.#take(chunk);
    });
    // ftp-srv pauses the control connection during a transfer, and then nobody notices that the client has left.
    Object.defineProperty(socket, 'pause', { value: () => socket });
    // Before ftp-srv's own: it would end a transfer in good order, as if the file were whole.
    socket.prependOnceListener('close', () => {
      this.#cancelIdle();
      this.#queue.length = 0;
      data.dispose();
    });
    this.#idle();
  }

  /** Which request a file is being read for; `finished` writes its response. */
  beginTransfer(): { label: string; finished: (sent: FtpSent) => Promise<void> } {
    const request = this.#current;
    if (request === undefined) throw new Error('a transfer without a command');
    request.transfer = true;
    return {
      label: `connection ${String(this.parts.number)}, request ${String(request.number)}`,
      finished: async (sent) => {
        await request.over;
        this.#respond(request, { ...sent, code: request.code, whole: sent.whole && request.code === 226 });
      },
    };
  }

  #take(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (let end = this.#rest.indexOf(10); end >= 0; end = this.#rest.indexOf(10)) {
      const line = this.#rest.subarray(0, end);
      this.#rest = this.#rest.subarray(end + 1);
      const command = line.length > longestLine ? '\0' : cleaned(line);
      // The one command that is meant for the one before it.
      if (/^ABOR$/i.test(command) && this.#running) this.parts.data.dispose();
      this.#queue.push(command);
    }
    if (this.#rest.length > longestLine || this.#queue.length > mostQueued) {
      this.#rest = Buffer.alloc(0);
      this.#queue.length = 0;
      void this.#leave(500, 'That is no FTP');
      return;
    }
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    const { commandSocket } = this.parts.connection;
    this.#running = true;
    this.#cancelIdle();
    for (let line = this.#queue.shift(); line !== undefined && !commandSocket.destroyed; line = this.#queue.shift()) {
      if (line !== '') await this.#command(line);
    }
    this.#running = false;
    if (!commandSocket.destroyed) this.#idle();
  }

  async #command(line: string): Promise<void> {
    const { connection, context, number, nextRequest } = this.parts;
    const [, word = '', argument = ''] = /^(\S*)[ ]?(.*)$/s.exec(line) ?? [];
    const verb = /^[A-Za-z]{3,4}$/.test(word) ? word.toUpperCase() : '';
    // What a login says is told by server.login; nothing of a password's line goes to the journal.
    const secret = verb === 'USER' || verb === 'PASS';
    let isOver: () => void = () => undefined;
    const over = new Promise<void>((resolve) => {
      isOver = resolve;
    });
    const begun = context.clock.now();
    const request: Request = { number: secret ? 0 : nextRequest(), verb, begun, code: 0, transfer: false, over };
    if (!secret) {
      const path = fileCommands.has(verb) ? this.#path(argument) : argument.slice(0, 300);
      const offset = verb === 'RETR' && this.#offset > 0 ? { offset: this.#offset } : {};
      context.journal.write({
        type: 'server.request',
        protocol: 'ftp',
        connection: number,
        request: request.number,
        verb: verb === '' ? '?' : verb,
        path,
        ...offset,
      });
    }
    this.#current = request;
    this.#refusal = undefined;
    try {
      await this.#handle(verb, argument, line);
    } catch (error) {
      const refusal = error instanceof FtpRefusal ? error : new FtpRefusal(501, 'Syntax error');
      await connection.reply(refusal.code, refusal.message);
    }
    if (verb === 'REST' && request.code === 350) this.#offset = Number(argument);
    if (verb === 'RETR') {
      this.#offset = 0;
      // ftp-srv keeps it when the file is not there, for whatever is asked for next.
      connection.restByteCount = 0;
    }
    this.#current = undefined;
    isOver();
    const sent = listCommands.has(verb) && request.code === 226 ? this.parts.data.written : 0;
    if (!secret && !request.transfer) this.#respond(request, { code: request.code, sent, whole: sent > 0 });
    if (verb === 'PASS') await this.#countLogin();
  }

  async #handle(verb: string, argument: string, line: string): Promise<void> {
    const { connection, data } = this.parts;
    if (verb === '') throw new FtpRefusal(500, 'That is no FTP command');
    // ftp-srv takes one name a connection; a client may try another after a wrong password.
    if (verb === 'USER' && connection.authenticated !== true) connection.username = undefined;
    if (dataCommands.has(verb) || verb === 'ABOR') {
      if (connection.authenticated !== true) throw new FtpRefusal(530, 'Log in first');
      if (verb !== 'ABOR') return this.#dataCommand(verb, argument);
      data.dispose();
      await connection.reply(226, 'Nothing is being sent');
      return;
    }
    if (verb === 'REST' && !/^\d{1,15}$/.test(argument)) throw new FtpRefusal(501, 'A number of bytes, please');
    if (['RETR', 'SIZE', 'MDTM'].includes(verb) && argument === '') throw new FtpRefusal(501, 'Which file?');
    await connection.commands.handle(line);
  }

  async #dataCommand(verb: string, argument: string): Promise<void> {
    const { connection, data, passiveAddress } = this.parts;
    if (verb === 'PASV') {
      const address = await passiveAddress();
      if (address === undefined || !isIPv4(address)) throw new FtpRefusal(425, 'No IPv4 address to connect to; try EPSV');
      const port = await data.passive();
      const numbers = [...address.split('.'), Math.floor(port / 256), port % 256].join(',');
      await connection.reply(227, `Entering Passive Mode (${numbers}).`);
    } else if (verb === 'EPSV') {
      if (/^ALL$/i.test(argument)) {
        await connection.reply(200, 'As you like');
        return;
      }
      if (!/^[12]?$/.test(argument)) throw new FtpRefusal(522, 'Network protocol not supported, use (1,2)');
      await connection.reply(229, `Entering Extended Passive Mode (|||${String(await data.passive())}|)`);
    } else {
      const { host, port } = activeAddress(verb, argument);
      data.active(host, port);
      await connection.reply(200, `Data connection to ${hostText(host, port)}`);
    }
  }

  /** Sees every reply, and puts right the code of those that ftp-srv has only one answer for. */
  #watchReplies(): void {
    const { connection } = this.parts;
    const reply = connection.reply.bind(connection);
    connection.reply = (options, ...letters) => {
      const code = typeof options === 'number' ? options : options.code;
      if (code === undefined) return reply(options, ...letters);
      const refusal = code >= 400 ? this.#refusal : undefined;
      const told = refusal?.code ?? code;
      if (this.#current !== undefined) this.#current.code = told;
      return refusal === undefined ? reply(options, ...letters) : reply(refusal.code, refusal.message);
    };
  }

  /** Keeps why a handler of ftp-srv fails, for the reply that it makes of it. */
  #keep(problem: unknown): void {
    if (problem instanceof FtpRefusal) this.#refusal ??= problem;
    else if (this.#current?.transfer === true) this.#refusal ??= brokenOff;
  }

  #path(argument: string): string {
    const path = this.parts.connection.fs?.path?.(argument);
    return (path ?? argument).slice(0, 300);
  }

  #respond(request: Request, reply: { code: number; size?: number; sent: number; whole: boolean; sha256?: string }): void {
    const { context, number } = this.parts;
    const took = context.clock.now() - request.begun;
    context.journal.write({
      type: 'server.response',
      protocol: 'ftp',
      connection: number,
      request: request.number,
      ...reply,
      took,
    });
  }

  async #countLogin(): Promise<void> {
    if (this.parts.connection.authenticated === true) return;
    this.#failedLogins += 1;
    if (this.#failedLogins >= mostLogins) await this.#leave(421, 'Too many logins');
  }

  async #leave(code: number, text: string): Promise<void> {
    const { connection } = this.parts;
    await connection.reply(code, text);
    connection.commandSocket.destroySoon();
  }

  #idle(): void {
    const { connection, context } = this.parts;
    const limit = connection.authenticated === true ? guestPatience : strangerPatience;
    this.#cancelIdle = context.clock.after(limit, () => void this.#leave(421, 'Nothing was heard of you'));
  }
}
