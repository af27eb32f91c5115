/** The evidence page in a real Chromium, whatever it shows: `npm run test:browser`. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { drawn, goToUpgrade, run, usePages } from './pages.js';

jest.setTimeout(300_000);

const pages = ['good', 'bad', 'hostile', 'log'] as const;
const show = usePages(...pages);
const standards = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'];

describe.each(pages)('page of a %s', (name) => {
  test('loads without a complaint, and asks nobody for anything', async () => {
    const { page, complaints, requests } = await show(name);
    const link = page.locator('a[href^="#/upgrade/"]').first();
    if ((await link.count()) > 0) {
      await link.click();
      await page.waitForSelector('.timeline svg');
    }
    expect({ complaints, requests }).toEqual({ complaints: [], requests: [] });
  });

  test.each([360, 768, 1440])('nothing makes it scroll sideways at %i px', async (width) => {
    const { page } = await show(name, { width, height: 800 });
    const overflow = () => run<number>(page, 'document.documentElement.scrollWidth - document.documentElement.clientWidth');
    expect(await overflow()).toBe(0);
    await goToUpgrade(page, 0);
    expect(await overflow()).toBe(0);
  });

  // Only the colours differ in the dark.
  test.each([
    ['light', standards],
    ['dark', ['color-contrast']],
  ])('passes the accessibility check (%s)', async (scheme, checks) => {
    const { page } = await show(name, { dark: scheme === 'dark' });
    await run(page, axe.source);
    expect(await accessibilityProblems(page, checks)).toEqual([]);
    await goToUpgrade(page, 0);
    expect(await accessibilityProblems(page, checks)).toEqual([]);
  });
});

async function accessibilityProblems(page: Page, runOnly: readonly string[]): Promise<string[]> {
  // What passes is not even listed: it would take most of the time.
  const options = JSON.stringify({ runOnly, resultTypes: ['violations'] });
  const violations = await run<axe.Result[]>(page, `axe.run(document, ${options}).then(({ violations }) => violations)`);
  return violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes
        .map(({ html }) => html.slice(0, 160))
        .slice(0, 3)
        .join(' | ')}`,
  );
}

test('what a module says stays text', async () => {
  const { page, complaints, requests } = await show('hostile');
  const inert = async (): Promise<string> => {
    expect(await page.locator('img, script[src], iframe, object, embed, [onload], [onerror]').count()).toBe(0);
    const text = await page.locator('body').innerText();
    expect(text).toContain('EC25EFAR06A12M4G <img src=x onerror=alert(1)> </script><script>alert(2)</script>');
    expect(text).toContain('\\u202egpj.exe');
    expect(text).toContain('\\ud800');
    expect(text).not.toMatch(/[\u202a-\u202e\u0000-\u0008]/);
    return text;
  };
  await run(page, `for (const each of document.querySelectorAll('details')) each.open = true`);
  await drawn(page);
  expect(await inert()).toContain('EC25 <img src=x onerror=alert(1)>');
  const upgrades = await run<number>(page, `JSON.parse(document.getElementById('data').textContent).upgrades.id.length`);
  expect(upgrades).toBeGreaterThan(6);
  for (let upgrade = 0; upgrade < upgrades; upgrade += 1) {
    await run(page, `location.hash = '#/upgrade/${String(upgrade)}'`);
    await page.locator('main.upgrade .kicker').filter({ hasText: '<img' }).waitFor();
    await page.waitForSelector('.timeline svg');
    for (let step = 0; step < 3; step += 1) await page.getByRole('button', { name: 'Next event' }).click();
    await inert();
  }
  expect({ complaints, requests }).toEqual({ complaints: [], requests: [] });
});

test('a script that got in all the same would not be run: the policy holds', async () => {
  const { page, complaints } = await show('good');
  const ran = await run<boolean>(
    page,
    `(() => {
      try {
        const script = document.createElement('script');
        script.text = 'window.ran = true';
        document.body.append(script);
        document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.ran = true">');
      } catch {
        // Trusted types refuse it outright.
      }
      return window.ran === true;
    })()`,
  );
  expect(ran).toBe(false);
  expect(complaints.join('\n')).toMatch(/Content Security Policy|TrustedScript|TrustedHTML/i);
});
