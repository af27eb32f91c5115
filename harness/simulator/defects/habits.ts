import type { Behaviour } from '../behaviour.js';
import type { Report } from '../core/steps.js';

const MAKE = 'makes and versions differ in it, and nothing that the guide asks for does';

type Hooks = Omit<Behaviour, 'name' | 'summary' | 'owner' | 'harmless'>;

function habit(name: string, summary: string, hooks: Hooks, harmless = MAKE): Behaviour {
  return { name, summary, owner: 'firmware', harmless, ...hooks };
}

const span =
  (seconds: number, which: string): NonNullable<Behaviour['seconds']> =>
  (sound, of) =>
    of === which ? seconds : sound;

/** One restart, so many seconds after an upgrade. */
const onceMore =
  (seconds: number): NonNullable<Behaviour['restartsAfter']> =>
  (sound, { first }) =>
    first ? seconds : sound;

/** Ways of starting, answering and fetching that sound modules may have: a harness must get along with all of it. */
export const HABITS: readonly Behaviour[] = [
  habit('answers-bare', 'ends the lines of answers and reports with a line feed alone', {
    answer: (sound) => sound.map((text) => `${text.trim().replaceAll('\r\n', '\n')}\n`),
    urc: (sound) => sound.map((text) => `${text.trim()}\n`),
  }),
  habit('answers-spaced', 'writes several blank lines and blanks around each line of an answer', {
    answer: (sound) => sound.map((text) => `\r\n\r\n ${text.trim().replaceAll('\r\n', ' \r\n\r\n\r\n ')} \r\n\r\n`),
    urc: (sound) => sound.map((text) => `\r\n\r\n${text.trim()} \r\n\r\n\r\n`),
  }),
  habit('echo-doubled-end', 'ends the echo of a command with two carriage returns and a line feed', {
    echoes: (sound) => sound.replace(/\r$/, '\r\r\n'),
  }),
  habit('urc-in-answers', 'reports signal and registration in the middle of each answer', {
    answer: (sound) =>
      sound.flatMap((text) => [
        '\r\n+QIND: "csq",20,99\r\n',
        text.replace(/^\r\n(.+?)\r\n(?=.)/s, '\r\n$1\r\n\r\n+CREG: 1\r\n\r\n+QIND: "act","LTE"\r\n\r\n'),
      ]),
  }),
  habit('urc-in-two', 'writes each report in two halves with a pause between them', {
    urc: (sound) => sound.flatMap((text) => [text.slice(0, text.length >> 1), text.slice(text.length >> 1)]),
    seconds: span(0.5, 'gap'),
  }),
  habit('answers-late', 'takes its time for each answer', { seconds: span(0.6, 'answer-late') }),
  habit('deaf-after-ready', 'says RDY long before it answers commands', { seconds: span(20, 'answers') }),
  habit('boot-silent', 'says nothing when it has started', { bootUrcs: () => [] }),
  habit('boot-urcs-doubled', 'reports each step of its start twice, and many more', {
    bootUrcs: (sound) => sound.flatMap((text) => [text, text, '+QIND: "act","LTE"', '+CGEV: ME PDN ACT 1', '^MODE: 17,17']),
  }),
  habit('loader-talks', 'writes the boot loader’s messages to the UART at each start', {
    loaderSays: () =>
      "\x00\xff\xfe^boot.rom'v'!\\n\r\nFormat: Log Type - Time(microsec) - Message\r\nB -       0 - PBL, Start\r\n\x00\x1b\x80",
  }),
  habit('registers-late', 'registers a minute after its start', { seconds: span(60, 'registration') }),
  habit('sim-late', 'is busy with its SIM for half a minute after its start', { seconds: span(30, 'sim') }),
  habit('status-late', 'raises STATUS eight seconds after its power', { seconds: span(8, 'status') }),
  habit('reboots-once-more', 'starts once more a few seconds after an upgrade', { restartsAfter: onceMore(4) }),
  habit('reboots-later', 'starts once more half a minute after an upgrade', { restartsAfter: onceMore(30) }),
  habit('usb-stumbles', 'leaves the bus soon after it came, and comes back', { seconds: span(0.5, 'usb-stumble') }),
  habit('usb-stumbles-later', 'leaves the bus some seconds after it came, and comes back', { seconds: span(6, 'usb-stumble') }),
  habit('resumes-with-text', 'says in words that it goes on with an upgrade, in place of START', {
    urc: (sound) => sound.map((text) => text.replace(/"START"/, '"Last upgrade was not finished,continue upgrade"')),
  }),
  habit('percent-doubled', 'reports each percentage twice and leaves some out', {
    reports: (sound) =>
      sound.flatMap((report): Report[] =>
        report.kind !== 'UPDATING' ? [report] : report.percent % 3 === 0 ? [] : [report, report],
      ),
  }),
  habit('end-without-comma', 'leaves the comma before a number out, as the guide has it', {
    urc: (sound) => sound.map((text) => text.replace(/("(?:FTPEND|HTTPEND|UPDATING|END)"),(\d)/, '$1 $2')),
  }),
  habit('http-head-first', 'asks for the headers before it fetches a file', {
    httpManner: (sound) => ({ ...sound, first: 'headers', keepAlive: true }),
  }),
  habit('http-in-parts', 'fetches a file part by part over one connection', {
    httpManner: (sound) => ({ ...sound, part: 32_768, keepAlive: true }),
  }),
  habit('http-parts-at-once', 'fetches the parts of a file over several connections at once', {
    httpManner: (sound) => ({ ...sound, part: 65_536, atOnce: true }),
  }),
  habit('http-absolute', 'names the server in the request line', {
    httpManner: (sound) => ({ ...sound, absolute: true }),
  }),
  habit('http-looks-first', 'fetches the first byte alone, to learn the size, and then the file', {
    httpManner: (sound) => ({ ...sound, first: 'byte' }),
  }),
  habit('ftp-talks-more', 'asks an FTP server for everything before it fetches a file', {
    ftpManner: (sound) => ({
      ...sound,
      before: ['SYST', 'FEAT', 'PWD', 'OPTS UTF8 ON', 'TYPE A', 'MDTM %', 'NOOP', 'TYPE I', 'REST 0', 'STRU F', 'MODE S'],
    }),
  }),
  habit('ftp-extended-passive', 'opens data connections with EPSV', {
    ftpManner: (sound) => ({ ...sound, passive: 'EPSV' }),
  }),
  habit('ftp-changes-folder', 'changes into the folder and asks for the name alone', {
    ftpManner: (sound) => ({ ...sound, changesFolder: true }),
  }),
  habit('download-resumes', 'goes on with a download that broke off, up to three times', { downloadTries: () => 4 }),
];
