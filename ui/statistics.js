/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Numbers about draws, for the display while they come: what the server says
 * at the end of a run is the last word. R-hat and the effective sample size
 * are those of Vehtari, Gelman, Simpson, Carpenter and Buerkner (2021): of
 * split chains, of normal scores of ranks.
 */
export function moments(x) {
    let n = 0, mean = 0, square = 0;
    for (const v of x) {
        if (Number.isNaN(v)) continue;
        const d = v - mean;
        mean += d / ++n;
        square += d * (v - mean);
    }
    return { n, mean: n ? mean : NaN, variance: n > 1 ? square / (n - 1) : NaN };
}

export function together(chains) {
    const all = new Float64Array(chains.reduce((n, c) => n + c.length, 0));
    let at = 0;
    for (const c of chains) {
        all.set(c, at);
        at += c.length;
    }
    return all.filter(v => !Number.isNaN(v));
}

export function quantile(sorted, p) {
    if (!sorted.length) return NaN;
    const at = p * (sorted.length - 1), i = Math.floor(at);
    return sorted[i] + (at - i) * ((sorted[i + 1] ?? sorted[i]) - sorted[i]);
}

/* Inverse of the normal distribution function: Acklam's rational functions,
 * good to 1e-9, which is plenty for scores. */
function normal_quantile(p) {
    const a = [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239];
    const b = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572];
    const c = [-0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783];
    const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416];
    const over = (top, bottom, x) => top.reduce((s, v) => s * x + v, 0) / (bottom.reduce((s, v) => s * x + v, 0) * x + 1);
    if (p < 0.02425) return over(c, d, Math.sqrt(-2 * Math.log(p)));
    if (p > 1 - 0.02425) return -over(c, d, Math.sqrt(-2 * Math.log(1 - p)));
    const q = p - 0.5;
    return q * over(a, b, q * q);
}

/* How many of the sorted numbers are below x, or, `same`, not above it. */
function below(sorted, x, same) {
    let low = 0, high = sorted.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (same ? sorted[middle] <= x : sorted[middle] < x) low = middle + 1;
        else high = middle;
    }
    return low;
}

/* Ranks of all draws together, from 1; equal ones share the mean. */
export function ranks(chains) {
    const sorted = together(chains).sort();
    return chains.map(c => c.map(v => (below(sorted, v, false) + below(sorted, v, true) + 1) / 2));
}

function scores(chains) {
    const n = chains.reduce((s, c) => s + c.length, 0);
    return ranks(chains).map(r => r.map(v => normal_quantile((v - 0.375) / (n + 0.25))));
}

function split(chains) {
    const n = Math.min(...chains.map(c => c.length)), half = n >> 1;
    return chains.flatMap(c => [c.subarray(0, half), c.subarray(n - half, n)]);
}

function fft(re, im) {
    const n = re.length;
    for (let i = 1, j = 0; i < n; i++) {
        let bit = n >> 1;
        for (; j & bit; bit >>= 1) j ^= bit;
        j ^= bit;
        if (i < j) {
            [re[i], re[j]] = [re[j], re[i]];
            [im[i], im[j]] = [im[j], im[i]];
        }
    }
    for (let size = 2; size <= n; size <<= 1) {
        const angle = -2 * Math.PI / size;
        for (let k = 0; k < size / 2; k++) {
            const wr = Math.cos(angle * k), wi = Math.sin(angle * k);
            for (let i = k; i < n; i += size) {
                const j = i + size / 2;
                const tr = wr * re[j] - wi * im[j], ti = wr * im[j] + wi * re[j];
                re[j] = re[i] - tr;
                im[j] = im[i] - ti;
                re[i] += tr;
                im[i] += ti;
            }
        }
    }
}

/* Autocovariances of a chain about its mean, at lags 0 to n - 1. */
export function autocovariance(x) {
    const n = x.length, { mean } = moments(x);
    let size = 1;
    while (size < 2 * n) size <<= 1;
    const re = new Float64Array(size), im = new Float64Array(size);
    for (let i = 0; i < n; i++) re[i] = Number.isFinite(x[i]) ? x[i] - mean : 0;
    fft(re, im);
    for (let i = 0; i < size; i++) {
        re[i] = re[i] * re[i] + im[i] * im[i];
        im[i] = 0;
    }
    fft(re, im);
    return re.slice(0, n).map(v => v / size / n);
}

function rhat_of(chains) {
    const n = chains[0].length, of = chains.map(moments);
    const within = of.reduce((s, m) => s + m.variance, 0) / of.length;
    const between = moments(of.map(m => m.mean)).variance;
    return Math.sqrt((within * (n - 1) / n + between) / within);
}

function size_of(chains) {
    const m = chains.length, n = chains[0].length;
    const covariances = chains.map(autocovariance), of = chains.map(moments);
    const within = of.reduce((s, c) => s + c.variance, 0) / m;
    const plus = within * (n - 1) / n + (m > 1 ? moments(of.map(c => c.mean)).variance : 0);
    const rho = t => 1 - (within - covariances.reduce((s, c) => s + c[t], 0) / m * n / (n - 1)) / plus;
    let sum = 0, last = Infinity;
    for (let t = 0; t + 1 < n; t += 2) {
        let pair = (t ? rho(t) : 1) + rho(t + 1);
        if (!(pair > 0)) break;
        pair = Math.min(pair, last);
        last = pair;
        sum += pair;
    }
    const tau = Math.max(2 * sum - 1, 1 / Math.log10(m * n));
    return m * n / tau;
}

/* {mean, sd, ess, rhat}; NaN where there are too few draws or they never
 * vary. */
export function diagnose(chains) {
    const all = together(chains), { mean, variance } = moments(all);
    const out = { mean, sd: Math.sqrt(variance), ess: NaN, rhat: NaN };
    const finite = chains.every(c => c.every(Number.isFinite));
    if (!finite || !(variance > 0) || Math.min(...chains.map(c => c.length)) < 12) return out;
    const halves = split(chains), z = scores(halves);
    const middle = quantile(Float64Array.from(all).sort(), 0.5);
    const folded = scores(halves.map(c => c.map(v => Math.abs(v - middle))));
    out.ess = size_of(z);
    out.rhat = Math.max(rhat_of(z), rhat_of(folded));
    return out;
}

/* A curve of the density on a grid: bins, smoothed by a normal kernel of
 * Silverman's width. */
export function density(x, low, high, count = 256) {
    const { n, variance } = moments(x), sorted = Float64Array.from(x).sort();
    const quarter = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 1.349;
    const sd = Math.min(Math.sqrt(variance), quarter || Infinity);
    const step = (high - low) / (count - 1), width = Math.max(0.9 * sd * n ** -0.2, step);
    const bins = new Float64Array(count), out = new Float64Array(count);
    for (const v of x) {
        const at = (v - low) / step, i = Math.floor(at);
        if (i >= 0 && i + 1 < count) {
            bins[i] += i + 1 - at;
            bins[i + 1] += at - i;
        }
    }
    const reach = Math.min(count, Math.ceil(4 * width / step));
    for (let d = -reach; d <= reach; d++) {
        const w = Math.exp(-0.5 * (d * step / width) ** 2) / (width * Math.sqrt(2 * Math.PI)) / n;
        for (let i = Math.max(0, -d); i < Math.min(count, count - d); i++) out[i] += w * bins[i + d];
    }
    return out;
}

/* Counts of the ranks of each chain among all, in so many bins; those of equal
 * draws are dealt out by a scramble of their places. */
export function rank_bins(chains, bins = 20) {
    const all = [];
    chains.forEach((c, k) => c.forEach((v, i) => all.push([v, Math.imul(i * 31 + k + 1, 0x9e3779b1) >>> 0, k])));
    all.sort((x, y) => x[0] - y[0] || x[1] - y[1]);
    const out = chains.map(() => new Float64Array(bins));
    all.forEach(([, , k], rank) => out[k][Math.floor(rank / all.length * bins)]++);
    return out;
}

/* At most so many of them, evenly spread. */
export function thinned(x, most) {
    if (x.length <= most) return x;
    const out = new Float64Array(most);
    for (let i = 0; i < most; i++) out[i] = x[Math.floor(i * x.length / most)];
    return out;
}

export function correlation(x, y) {
    const a = moments(x), b = moments(y);
    let sum = 0;
    for (let i = 0; i < x.length; i++) sum += (x[i] - a.mean) * (y[i] - b.mean);
    return sum / (x.length - 1) / Math.sqrt(a.variance * b.variance);
}
