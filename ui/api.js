/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The server as functions. A failed request throws a Problem, which has what
 * application/problem+json says: detail, hint, span, pointer. One that is refused for
 * want of a token asks `login` for one and tries again.
 */
const base = new URL('.', document.baseURI);

export class Problem extends Error {
    constructor(status, body) {
        super(body.detail || body.title || `the server answered ${status}`);
        this.status = status;
        this.hint = body.hint;
        this.span = body.span;
        this.pointer = body.pointer; /* "#/kernel": a member of what was sent */
    }
}

export const login = { ask: null };

async function problem_of(response) {
    let body = {};
    try {
        body = await response.json();
    } catch { /* a proxy's page */ }
    return new Problem(response.status, body);
}

async function send(method, path, body) {
    const options = { method, headers: { Accept: 'application/json' }, credentials: 'same-origin' };
    if (body !== undefined) {
        options.headers['Content-Type'] = 'application/json';
        options.body = JSON.stringify(body);
    }
    for (;;) {
        let response;
        try {
            response = await fetch(new URL(path, base), options);
        } catch {
            throw new Problem(0, { detail: 'the server does not answer' });
        }
        if (response.status === 401 && login.ask && (await login.ask())) continue;
        if (!response.ok) throw await problem_of(response);
        const type = response.headers.get('Content-Type') || '';
        return type.includes('json') ? response.json() : response.text();
    }
}

const session = id => `v1/sessions/${encodeURIComponent(id)}`;
const run = id => `v1/runs/${encodeURIComponent(id)}`;

export const enter = token => send('POST', 'ui/login', { token });
export const sessions = () => send('GET', 'v1/sessions').then(a => a.sessions);
export const session_new = () => send('POST', 'v1/sessions', {});
export const session_fork = id => send('POST', `${session(id)}/fork`);
export const program = id => send('GET', `${session(id)}/program`);
export const directives = id => send('GET', `${session(id)}/directives`).then(a => a.directives);
export const submit = (id, text) => send('POST', `${session(id)}/directives`, { text });
export const kernels = () => send('GET', 'v1/kernels').then(a => a.names);
export const runs = id => send('GET', `${session(id)}/runs`).then(a => a.runs);
export const run_new = (id, order) => send('POST', `${session(id)}/runs`, order);
export const run_draws = (id, chain, from, count, stride) =>
    send('GET', `${run(id)}/draws?chain=${chain}&from=${from}&count=${count}&stride=${stride}`);
export const run_state = id => send('GET', run(id));
export const run_stop = id => send('POST', `${run(id)}/stop`);
export const run_extend = (id, samples) => send('POST', `${run(id)}/extend`, { samples });
export const run_summary = id => send('GET', `${run(id)}/summary`);
export const url_draws = id => new URL(`${run(id)}/draws?format=csv&count=100000`, base).href;
export const url_netcdf = id => new URL(`${run(id)}/draws?format=netcdf`, base).href;
export const url_plot = (id, plot, of, theme) =>
    new URL(`${run(id)}/plots/${plot}?theme=${theme}${of ? `&of=${encodeURIComponent(of)}` : ''}`, base).href;
export const url_summary = id => new URL(`${run(id)}/summary`, base).href;

/* The run's events behind so many draws of each chain; each hearer may be
 * missing. A broken connection is mended by the browser, which goes on at the
 * last event. */
export function listen(id, from, hearers) {
    const place = from.length ? `?last-event-id=${from.join('-')}` : '';
    const source = new EventSource(new URL(`${run(id)}/events${place}`, base));
    for (const name of ['columns', 'draws', 'progress', 'summary', 'end'])
        source.addEventListener(name, e => {
            hearers[name]?.(JSON.parse(e.data));
            if (name === 'end') source.close();
        });
    source.addEventListener('error', () => hearers.broken?.(source.readyState === EventSource.CLOSED));
    return source;
}
