// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a person does at the display, step by step; run by run-display.sh.
// Each step is a test; one that fails ends it, for the next ones stand on it.
import { pathToFileURL } from 'node:url';
const { chromium } = await import(pathToFileURL(`${process.env.PLAYWRIGHT}/index.mjs`));
const [url, token, folder] = process.argv.slice(2);
const PATIENCE = 60000;

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
page.setDefaultTimeout(PATIENCE);
const complaints = [];
page.on('pageerror', e => complaints.push(e.message));
page.on('console', m => m.type() === 'error' && !/40[0-9]|422/.test(m.text()) && complaints.push(m.text()));

const text = selector => page.locator(selector).textContent();
const until = (what, words) => page.waitForFunction(what, words, { timeout: PATIENCE });
const state = words => until(w => document.getElementById('state').textContent.startsWith(w), words);
const shot = name => page.screenshot({ path: `${folder}/${name}.png` });
const row = async name => (await page.locator(`#parameters tr:has(td:first-child:text-is("${name}"))`).locator('td').allTextContents()).slice(1);
function hold(fact, words) {
    if (!fact) throw new Error(words);
}
const near = (x, y, by) => Math.abs(Number(x) - y) <= by;

/* mu given these is normal, mean 2.9703, sd 0.4975: conjugate, by hand. */
const PROGRAM = `ASSUME mu (normal 0 5)
ASSUME coin (flip 0.3)
OBSERVE (normal mu 1) 2
OBSERVE (normal mu 1) 3
OBSERVE (normal mu 1) 4
OBSERVE (normal mu 1) 3`;

const steps = [
    ['a browser at / is led to the display', async () => {
        await page.goto(url);
        hold(page.url().startsWith(`${url}/ui`), page.url());
    }],
    ['a wrong token is refused in words, the right one lets in', async () => {
        await page.fill('#token', 'not-the-token-of-anyone');
        await page.keyboard.press('Enter');
        await until(() => document.getElementById('login-problem').textContent.includes('no token'));
        await page.fill('#token', token);
        await page.keyboard.press('Enter');
        await until(() => document.getElementById('session').value !== '');
        const cookie = (await page.context().cookies()).find(c => c.name === 'vestige');
        hold(cookie.httpOnly && cookie.sameSite === 'Strict', 'the cookie is not safe');
    }],
    ['an error in the program is shown at its place', async () => {
        await page.fill('#text', PROGRAM.replace('(normal mu 1) 3', '(nomral mu 1) 3'));
        await page.click('#load');
        await until(() => !document.getElementById('problem').hidden);
        hold((await text('#problem')).includes('line 4'), await text('#problem'));
        hold((await text('#paint mark')).startsWith('nomral'), await text('#paint mark'));
        await shot('error');
    }],
    ['a program is loaded, and its values are shown', async () => {
        await page.fill('#text', PROGRAM);
        await page.keyboard.press('Control+Enter');
        await state('loaded');
        const rows = await page.locator('#directives tbody tr').allTextContents();
        hold(rows.length === 6 && rows[2].endsWith('2'), rows.join('|'));
    }],
    ['an order that is wrong is shown in its field, and none begins', async () => {
        const chosen = () => page.evaluate(() => {
            const e = document.activeElement;
            return [e.name, e.value.slice(e.selectionStart, e.selectionEnd), e.getAttribute('aria-invalid')].join();
        });
        await page.fill('[name=kernel]', '(cycle (mh) (nutz))');
        await page.click('#start');
        await state('the order has an error');
        hold((await text('#order-problem')).includes('nutz'), await text('#order-problem'));
        hold(await chosen() === 'kernel,(nutz),true', await chosen());
        await shot('order-error');
        await page.fill('[name=kernel]', '(mh)');
        await page.fill('[name=watch]', 'mu;  (+ mu muu)');
        await page.click('#start');
        await until(() => document.getElementById('order-problem').textContent.includes('muu'));
        hold(await chosen() === 'watch,muu,true', await chosen());
        await page.fill('[name=watch]', '');
        hold(await page.locator('#run option').count() === 1, 'a run began');
    }],
    ['the keyboard leaves the editor as it came', async () => {
        await page.focus('#text');
        await page.keyboard.press('Tab');
        hold(await page.evaluate(() => document.activeElement.id) === 'load', 'Tab does not go on');
        hold(await page.inputValue('#text') === PROGRAM, 'Tab wrote something');
        const unnamed = await page.evaluate(() => [...document.querySelectorAll('button, select, input, textarea, [role=img], [role=progressbar]')]
            .filter(e => !(e.textContent.trim() || e.getAttribute('aria-label') || e.labels?.length)).map(e => e.outerHTML));
        hold(!unnamed.length, `no name for a screen reader: ${unnamed}`);
    }],
    ['a run forms the posterior that is right', async () => {
        await page.fill('[name=kernel]', '(mh)');
        await page.fill('[name=samples]', '20000');
        await page.click('#start');
        await state('done');
        await until(() => /\d/.test(document.querySelector('#parameters tbody td:nth-child(5)').textContent));
        await page.waitForTimeout(500);
        const [mean, sd, , rhat] = await row('mu');
        hold(near(mean, 2.9703, 0.06) && near(sd, 0.4975, 0.06) && rhat < 1.05, `mu: ${mean} ${sd} ${rhat}`);
        hold(near((await row('coin'))[0], 0.3, 0.03), 'coin');
        await until(() => document.getElementById('verdict').textContent.startsWith('Looks converged'));
        await shot('overview');
    }],
    ['a discrete value is shown as bars, keys move between parameters', async () => {
        await page.click('#board-title');
        await page.keyboard.press('j');
        await until(() => document.querySelector('#parameters [aria-selected="true"] td').textContent === 'coin');
        await until(() => /^Shares of coin.*true \d/.test([...document.querySelectorAll('#plots canvas.own')].find(c => c.style.display !== 'none')?.getAttribute('aria-label') ?? ''));
        await shot('bars');
        await page.keyboard.press('k');
    }],
    ['every plot says what it shows', async () => {
        for (const [i, words] of [['2', 'Pairs of mu'], ['3', 'Intervals: mu'], ['4', 'R-hat of mu'], ['1', 'Trace of mu']]) {
            await page.keyboard.press(i);
            await until(w => [...document.querySelectorAll('#plots [role="img"]')].some(e => (e.getAttribute('aria-label') ?? '').startsWith(w)), words);
            await shot(`plot-${i}`);
        }
    }],
    ['pictures and files are the server\'s', async () => {
        for (const [link, type] of [['#picture', 'image/svg+xml'], ['#netcdf', 'application/x-netcdf'], ['#csv', 'text/csv']]) {
            const got = await page.context().request.get(await page.locator(link).evaluate(e => e.href));
            hold(got.ok() && got.headers()['content-type'].startsWith(type), `${link}: ${got.status()} ${got.headers()['content-type']}`);
        }
    }],
    ['a run is stopped, and its draws are kept', async () => {
        await page.fill('[name=samples]', '100000000');
        await page.click('#start');
        await until(() => Number((document.querySelector('#progress .chain span:last-child')?.textContent.match(/(\d+) draws/) ?? [0, 0])[1]) > 1000);
        await shot('drawing');
        await page.click('#board-title');
        await page.keyboard.press('Escape');
        await state('stopped');
        hold(await page.isEnabled('#extend') && await page.isDisabled('#stop'), 'buttons');
    }],
    ['a page that is loaded again goes on where it was', async () => {
        const before = await page.locator('#progress .chain span:last-child').allTextContents();
        await page.reload();
        await state('stopped');
        const after = await page.locator('#progress .chain span:last-child').allTextContents();
        hold(before.join() === after.join(), `${before} and ${after}`);
        await until(() => /\d/.test(document.querySelector('#parameters tbody td:nth-child(2)')?.textContent ?? ''));
        hold((await page.inputValue('#text')).includes('ASSUME mu'), 'the program is lost');
    }],
    ['a run of gradients has energies, and is extended', async () => {
        await page.fill('[name=kernel]', '(cycle (mh discrete) (nuts continuous))');
        await page.fill('[name=samples]', '500');
        await page.click('#start');
        await state('done');
        await page.click('#tab-4');
        await until(() => document.querySelector('#plots').textContent.includes('E-BFMI by chain'));
        await shot('energy');
        await page.fill('[name=samples]', '500');
        await page.click('#extend');
        await until(() => [...document.querySelectorAll('#progress .chain span:last-child')].every(e => e.textContent.startsWith('1000 draws')));
        await state('done');
    }],
    ['light and dark', async () => {
        const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        hold(await ground() === 'rgb(0, 0, 0)', await ground());
        await page.click('#theme');
        hold(await ground() !== 'rgb(0, 0, 0)', 'still dark');
        await page.waitForTimeout(600);
        await shot('light');
        await page.click('#theme');
    }],
    ['a phone has room for it', async () => {
        await page.setViewportSize({ width: 390, height: 844 });
        await page.click('#tab-0');
        await page.waitForTimeout(800);
        const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
        hold(wide <= window, `${wide} > ${window}`);
        await page.screenshot({ path: `${folder}/phone.png`, fullPage: true });
        await page.setViewportSize({ width: 1440, height: 900 });
    }],
    ['50,000 draws of 20 parameters come while the page stays at hand', async () => {
        await page.fill('#text', Array.from({ length: 20 }, (_, i) => `ASSUME x${i} (normal ${i} 1)`).join('\n'));
        await page.fill('[name=kernel]', '(rerun)');
        await page.fill('[name=samples]', '12500');
        await page.evaluate(() => {
            window.frames_seen = [];
            let last = performance.now();
            const look = t => {
                window.frames_seen.push(t - last);
                last = t;
                requestAnimationFrame(look);
            };
            requestAnimationFrame(look);
        });
        await page.click('#start');
        await state('done');
        await page.waitForTimeout(1000);
        const seen = (await page.evaluate(() => window.frames_seen)).sort((a, b) => a - b);
        const at = share => seen[Math.floor(share * (seen.length - 1))];
        if (process.env.FRAMES) console.log(`frames: ${seen.length}, middle ${at(0.5).toFixed(1)} ms, 95 % ${at(0.95).toFixed(1)}, longest ${at(1).toFixed(0)}`);
        hold(at(0.5) < 100, `a frame takes ${at(0.5).toFixed(0)} ms`);
        await until(() => document.querySelectorAll('#parameters tbody tr').length === 21);
        await until(() => [...document.querySelectorAll('#parameters tbody tr td:nth-child(2)')].every(e => e.textContent !== ''));
        const [mean, sd] = await row('x7');
        hold(near(mean, 7, 0.03) && near(sd, 1, 0.03), `x7: ${mean} ${sd}`);
        await page.click('#tab-2');
        await page.waitForTimeout(800);
        await shot('forest');
    }],
    ['nothing went wrong on the page', async () => hold(!complaints.length, complaints.join('; '))],
];

let passed = 0;
let failed = 0;
for (const [name, step] of steps) {
    try {
        await step();
        passed++;
    } catch (e) {
        console.log(`FAIL ${name}: ${e.message.split('\n')[0]}`);
        await shot('failed');
        failed = 1;
        break;
    }
}
await browser.close();
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exit(failed);
