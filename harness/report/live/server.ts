import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Clock } from '../../base/clock.js';
import { pagePolicy } from '../html/render.js';

/** What is served. */
export interface LiveContent {
  /** undefined: the run has not begun, or has ended. */
  page(): Promise<string | undefined>;
  /** Packed details; undefined when there are none of this number. */
  details(bundle: number): string | undefined;
  /** Takes over an open stream of events; false: there are enough already. */
  watch(response: ServerResponse): boolean;
}

const mostConnections = 40;
/** ms that an answer may take to be fetched. */
const longestAnswer = 60_000;

/**
 * The HTTP server of a live view: GET alone, three kinds of address, and only for who asks for this machine by its own name: a page from elsewhere
 * whose name was made to point here is turned away. It listens where whoever calls `listen` says.
 */
export function liveServer(content: LiveContent, clock: Clock): Server {
  const server = createServer(
    { maxHeaderSize: 8192, headersTimeout: 5000, requestTimeout: 5000, connectionsCheckingInterval: 1000 },
    (request, response) => {
      response.on('error', () => undefined);
      answer(content, clock, request, response).catch(() => response.destroy());
    },
  );
  server.maxConnections = mostConnections;
  server.on('clientError', (_, socket) => socket.destroy());
  return server;
}

async function answer(content: LiveContent, clock: Clock, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = '', headers } = request;
  for (const [name, value] of Object.entries(always())) response.setHeader(name, value);
  if (!isThisMachine(headers.host)) return end(response, 421, 'this view answers to 127.0.0.1 and localhost alone');
  if (headers.origin !== undefined && headers.origin !== `http://${headers.host ?? ''}`)
    return end(response, 403, 'this view answers to its own page alone');
  if (method !== 'GET') {
    response.setHeader('Allow', 'GET');
    return end(response, 405, 'this view can only be read');
  }
  const bundle = /^\/details\/(0|[1-9]\d{0,5})$/.exec(url)?.[1];
  if (url === '/') {
    limit(clock, response);
    const page = await content.page();
    if (page === undefined) return end(response, 503, 'the run has not begun yet, or has just ended');
    return end(response, 200, page, 'text/html; charset=utf-8');
  }
  if (url === '/events') {
    response.setHeader('Content-Type', 'text/event-stream; charset=utf-8');
    if (!content.watch(response)) return end(response, 503, 'too many watch this run already');
    return;
  }
  const details = bundle === undefined ? undefined : content.details(Number(bundle));
  if (details === undefined) return end(response, 404, 'there is nothing here');
  limit(clock, response);
  end(response, 200, details);
}

/** Of every answer. The page's own policy stands in the page as well; here it also says that nobody may frame it. */
function always(): Readonly<Record<string, string>> {
  return {
    'Content-Security-Policy': `${pagePolicy("'self'")}; frame-ancestors 'none'`,
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-store',
    Connection: 'close',
  };
}

/** Any port: it may come through a tunnel. A name that somebody else can point here is none of these. */
function isThisMachine(host: string | undefined): boolean {
  return /^(?:127\.0\.0\.1|localhost)(?::\d{1,5})?$/i.test(host ?? '');
}

function end(response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  response.statusCode = status;
  response.setHeader('Content-Type', type);
  response.end(text);
}

function limit(clock: Clock, response: ServerResponse): void {
  const cancel = clock.after(longestAnswer, () => response.destroy());
  response.on('close', cancel);
}
