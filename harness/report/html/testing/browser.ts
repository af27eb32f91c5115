import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';

const candidates = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable'];

/** A headless Chromium that talks to nobody. Throws, and says what to do, when the machine has none. */
export async function openBrowser(): Promise<Browser> {
  const given = process.env['CHROMIUM'];
  const executablePath = [...(given === undefined ? [] : [given]), ...candidates].find((path) => existsSync(path));
  if (executablePath === undefined) {
    throw new Error(
      `no Chromium on this machine: install it (apt-get install chromium), or name it by CHROMIUM; looked for ${candidates.join(', ')}`,
    );
  }
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export interface OpenOptions {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
  readonly hash?: string;
}

/** A page with everything it complained of, asked the network for, or wanted to pop up. */
export interface WatchedPage {
  readonly page: Page;
  readonly complaints: string[];
  readonly requests: string[];
}

export function openPage(browser: Browser, file: string, { hash = '', ...options }: OpenOptions = {}): Promise<WatchedPage> {
  return watchPage(browser, `file://${file}${hash}`, options);
}

/** The same at any address. */
export async function watchPage(
  browser: Browser,
  address: string,
  options: Omit<OpenOptions, 'hash'> = {},
): Promise<WatchedPage> {
  const { width = 1440, height = 900, dark = false } = options;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: dark ? 'dark' : 'light' });
  // A busy machine is slow; what never comes is told by Jest's limit.
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!/^(?:file|data|blob):/.test(request.url())) requests.push(request.url());
  });
  await page.goto(address);
  await page.waitForSelector('main');
  return { page, complaints, requests };
}
