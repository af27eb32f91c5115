import { cme, ERROR, ok } from './answer.js';
import type { Answer, Command } from './answer.js';
import type { AtSession } from './at-session.js';
import { InternetError, internetOf } from './internet.js';

/** "Operation not allowed": no network, or nothing was asked before. */
const NOT_ALLOWED = 3;
/** An upload of an address is given up after so long without a byte, in milliseconds, never faster. */
const SHORTEST_TIMEOUT_MS = 1000;

/** OK at once; what comes of it is reported later as `+NAME: …`. */
function reported(session: AtSession, name: string, work: Promise<string>, failure: (code: number) => string): Answer {
  const { epoch } = session.module;
  work
    .catch((error: unknown) => failure(error instanceof InternetError ? error.code : 701))
    .then((text) => {
      if (epoch.alive) session.module.urcs.send(session.line, `+${name}: ${text}`);
    })
    .catch(() => undefined);
  return ok();
}

/** Raw bytes between CONNECT and OK, then the report. */
function delivered(session: AtSession, body: Buffer, report: string): Answer {
  session.say('CONNECT');
  session.write(body);
  session.say('OK');
  session.module.urcs.send(session.line, report);
  return 'later';
}

function setting(...names: readonly string[]): Command {
  return (_session, form, params) => {
    if (form === 'test') return ok();
    return form === 'set' && names.includes(params[0]?.value.toLowerCase() ?? '') ? ok() : ERROR;
  };
}

/** The data connection, and the module's own HTTP and FTP clients. */
export const INTERNET_COMMANDS: Readonly<Record<string, Command>> = {
  QIACT: (session, form, params) => {
    const internet = internetOf(session.module);
    if (form === 'test') return ok('+QIACT: (1-16)');
    if (form === 'read') return internet.active ? ok('+QIACT: 1,1,1,"10.0.0.2"') : ok();
    if (form !== 'set' || params[0]?.value !== '1') return ERROR;
    if (!session.module.sim.registered) return cme(NOT_ALLOWED);
    internet.active = true;
    return ok();
  },
  QIDEACT: (session, form, params) => {
    if (form === 'test') return ok('+QIDEACT: (1-16)');
    if (form !== 'set' || params[0]?.value !== '1') return ERROR;
    const internet = internetOf(session.module);
    internet.active = false;
    internet.close();
    return ok();
  },
  QHTTPCFG: setting('contextid', 'requestheader', 'responseheader'),
  QHTTPURL: (session, form, params) => {
    const internet = internetOf(session.module);
    if (form === 'test') return ok('+QHTTPURL: (1-700),(1-65535)');
    if (form === 'read') return internet.url === '' ? ok() : ok(`+QHTTPURL: ${internet.url}`);
    const [length, seconds] = [Number(params[0]?.value), Number(params[1]?.value ?? 60)];
    if (form !== 'set' || !(length >= 1 && length <= 700) || !(seconds >= 1 && seconds <= 65535)) return ERROR;
    return takeUrl(session, length, Math.max(SHORTEST_TIMEOUT_MS, seconds * 1000 * session.module.options.scale));
  },
  QHTTPGET: (session, form) => {
    const internet = internetOf(session.module);
    if (form === 'test') return ok('+QHTTPGET: (1-65535)');
    if ((form !== 'set' && form !== 'run') || internet.url === '') return cme(NOT_ALLOWED);
    internet.answer = undefined;
    const work = internet.get().then((answer) => {
      internet.answer = answer;
      return `0,${answer.status},${answer.body.length}`;
    });
    return reported(session, 'QHTTPGET', work, String);
  },
  QHTTPREAD: (session, form) => {
    const { answer } = internetOf(session.module);
    if (form === 'test') return ok('+QHTTPREAD: (1-65535)');
    if ((form !== 'set' && form !== 'run') || answer === undefined) return cme(NOT_ALLOWED);
    return delivered(session, answer.body, '+QHTTPREAD: 0');
  },
  QFTPCFG: (session, form, params) => {
    if (form === 'test') return ok();
    const [name, first, second] = params.map(({ value }) => value);
    if (form !== 'set' || first === undefined) return ERROR;
    if (name === 'account') internetOf(session.module).account = { user: first, password: second ?? '' };
    return ['account', 'contextid', 'filetype', 'transmode', 'rsptimeout'].includes(name ?? '') ? ok() : ERROR;
  },
  QFTPOPEN: (session, form, params) => {
    const [host, port] = [params[0]?.value ?? '', Number(params[1]?.value ?? 21)];
    if (form === 'test') return ok();
    if (form !== 'set' || host === '' || !(port >= 1 && port <= 65535)) return ERROR;
    return reported(
      session,
      'QFTPOPEN',
      internetOf(session.module)
        .open(host, port)
        .then(() => '0,0'),
      (code) => `${code},0`,
    );
  },
  QFTPCWD: (session, form, params) => {
    if (form === 'test') return ok();
    if (form !== 'set') return ERROR;
    const work = internetOf(session.module).change(params[0]?.value ?? '/');
    return reported(
      session,
      'QFTPCWD',
      work.then(() => '0,0'),
      (code) => `${code},0`,
    );
  },
  QFTPSIZE: (session, form, params) => {
    if (form === 'test') return ok();
    if (form !== 'set') return ERROR;
    const work = internetOf(session.module).size(params[0]?.value ?? '');
    return reported(
      session,
      'QFTPSIZE',
      work.then((size) => `0,${size}`),
      (code) => `${code},0`,
    );
  },
  QFTPGET: (session, form, params) => {
    if (form === 'test') return ok();
    // Of the places where a file can go only the port is simulated.
    if (form !== 'set' || params[1]?.value.toUpperCase() !== 'COM:') return ERROR;
    const { epoch } = session.module;
    internetOf(session.module)
      .fetch(params[0]?.value ?? '')
      .then(
        (body) => {
          if (epoch.alive) delivered(session, body, `+QFTPGET: 0,${body.length}`);
        },
        (error: unknown) => {
          if (!epoch.alive) return;
          session.finish(ok());
          session.module.urcs.send(session.line, `+QFTPGET: ${error instanceof InternetError ? error.code : 601},0`);
        },
      );
    return 'later';
  },
  QFTPCLOSE: (session, form) => {
    if (form === 'test') return ok();
    if (form !== 'run') return ERROR;
    internetOf(session.module).close();
    return reported(session, 'QFTPCLOSE', Promise.resolve('0,0'), String);
  },
};

/** CONNECT, so many bytes of an address, OK. */
function takeUrl(session: AtSession, length: number, timeoutMs: number): Answer {
  let taken = Buffer.alloc(0);
  const end = (answer: Answer): void => {
    clearTimeout(timer);
    forget();
    session.finish(answer);
    session.leaveData();
  };
  const timer = setTimeout(() => end(cme(NOT_ALLOWED)), timeoutMs);
  const forget = session.module.whenPowerGoes(() => clearTimeout(timer));
  session.say('CONNECT');
  session.enterData((data) => {
    timer.refresh();
    const piece = data.subarray(0, length - taken.length);
    taken = Buffer.concat([taken, piece]);
    if (taken.length < length) return undefined;
    internetOf(session.module).url = taken.toString('latin1');
    end(ok());
    return data.subarray(piece.length);
  });
  return 'later';
}
