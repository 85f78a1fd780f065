#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Are these draws from the reference posterior?

  judge.py DRAWS.csv [DRAWS.csv ...] REFERENCE.json [options]

CSV as CmdStan writes it: lines starting with # are comments, a header, one row a draw; elements of
a vector as name.1 (or name[1]); one file a chain, or one file with a .chain column.

  --alpha A       family-wise false-alarm rate per posterior (1e-4), Bonferroni over all statistics
  --min-ess N     smallest bulk and tail ESS (1000)
  --max-rhat R    largest rank-normalised split R-hat (1.02)
  --loose         for posteriors where a right NUTS is known to be slightly biased (eight_schools centred):
                  no z tests, min-ess 100, max-rhat 1.05, effect floor .3 sd and [.7, 1.43]
  --skip-moments NAME,...   judge these by quantiles only (added to those found heavy-tailed)
  --alias new=old,...       column `new` is parameter `old` (default lam=lambda)
  --ignore NAME,...         parameters (or vectors) of the reference that need not be present
  --verbose, --json

Exit status: 0 pass, 1 fail (wrong or not converged), 2 too few draws to say (effective size too small,
everything else in order), 3 unusable input.

Everything is computed here from the raw draws: split R-hat and ESS as in Vehtari et al. 2021 (rank
normalised, folded; Geyer's initial monotone sequence; tail = smaller of the 5 % and 95 % indicators),
MCSE of mean and sd.  Statistics per parameter: mean, sd, and the shares of draws below the reference's
q05, median and q95.  z = (ours - reference) / sqrt(SE^2 + SE_ref^2); fails when |z| > z* with
z* = Phi^-1(1 - alpha / (2 m)), m statistics in all; effect floor: |mean difference| > .15 reference sd,
or sd ratio outside [.87, 1.15], fails however large the errors.  While the effective size of a
parameter is below --min-ess its effect floor is not applied and its R-hat may be up to 1.1 (verdict: too few).  Mean and sd are skipped where the
reference's kurtosis, recovered from its mcse_sd, is above 10.
"""
import csv, glob, json, math, re, sys
import numpy as np
from statistics import NormalDist

ND = NormalDist()


class Unusable(Exception):
    pass


# ------------------------------------------------------------ reading
def column_name(h, alias):
    h = h.strip().strip('"')
    m = re.fullmatch(r'(.+?)((?:\.\d+)+)', h)
    if m:
        base, idx = m.group(1), m.group(2)[1:].replace('.', ',')
    else:
        m = re.fullmatch(r'(.+?)\[([\d, ]+)\]', h)
        if m:
            base, idx = m.group(1), m.group(2).replace(' ', '')
        else:
            return alias.get(h, h)
    return f'{alias.get(base, base)}[{idx}]'


def number(s):
    s = s.strip()
    if s in ('True', 'true', '#t'):
        return 1.0
    if s in ('False', 'false', '#f'):
        return 0.0
    return float(s)


def read_csv(path, wanted, alias):
    """list of chains of one file; a chain is {parameter: array}"""
    with open(path, newline='') as fh:
        lines = (l for l in fh if l.strip() and not l.startswith('#'))
        rd = csv.reader(lines)
        try:
            head = next(rd)
        except StopIteration:
            raise Unusable(f'{path}: no header')
        raw = [h.strip().strip('"') for h in head]
        chain_col = raw.index('.chain') if '.chain' in raw else None
        cols = {}
        for i, h in enumerate(raw):
            n = column_name(h, alias)
            if n in wanted and n not in cols:
                cols[n] = i
        data, chain = [], []
        order = list(cols)
        for k, row in enumerate(rd):
            if len(row) != len(head):
                raise Unusable(f'{path}: row {k + 1} has {len(row)} fields, the header {len(head)}')
            try:
                data.append([number(row[cols[n]]) for n in order])
            except ValueError as e:
                raise Unusable(f'{path}: row {k + 1}: {e}')
            if chain_col is not None:
                chain.append(row[chain_col].strip())
    a = np.array(data, float).reshape(len(data), len(order))
    if chain_col is None:
        groups = [a]
    else:
        groups = [a[[i for i, c in enumerate(chain) if c == v]] for v in dict.fromkeys(chain)]
    return [{n: g[:, j] for j, n in enumerate(order)} for g in groups]


# ------------------------------------------------------------ diagnostics
def split(x):
    """x: chains x draws -> 2 chains x half"""
    n = x.shape[1] // 2
    return np.concatenate([x[:, :n], x[:, x.shape[1] - n:]], axis=0)


def rank_normalise(x):
    f = x.ravel()
    order = np.argsort(f, kind='mergesort')
    s = f[order]
    r = np.empty(len(f))
    # average ranks of ties
    start = np.flatnonzero(np.concatenate([[True], s[1:] != s[:-1]]))
    end = np.concatenate([start[1:], [len(s)]])
    r[order] = np.repeat((start + end - 1) / 2 + 1, end - start)
    p = (r - 0.375) / (len(f) + 0.25)
    return norm_ppf(p).reshape(x.shape)


def norm_ppf(p):
    """Acklam's rational approximation with one Newton step: ample for ranks"""
    a = [-3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02, 1.383577518672690e+02, -3.066479806614716e+01, 2.506628277459239e+00]
    b = [-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01, -1.328068155288572e+01]
    c = [-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00, -2.549732539343734e+00, 4.374664141464968e+00, 2.938163982698783e+00]
    d = [7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00]
    p = np.asarray(p, float)
    x = np.empty_like(p)
    lo, hi = p < 0.02425, p > 1 - 0.02425
    mid = ~(lo | hi)
    q = p[mid] - 0.5
    r = q * q
    x[mid] = (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q / (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1)
    for m, sign in ((lo, 1), (hi, -1)):
        q = np.sqrt(-2 * np.log(p[m] if sign == 1 else 1 - p[m]))
        x[m] = sign * (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) / ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1)
    return x


def rhat_basic(x):
    n = x.shape[1]
    w = x.var(axis=1, ddof=1).mean()
    b = n * x.mean(axis=1).var(ddof=1)
    if not w > 0:
        return float('inf')
    return math.sqrt(((n - 1) / n * w + b / n) / w)


def rhat(x):
    s = split(x)
    return max(rhat_basic(rank_normalise(s)), rhat_basic(rank_normalise(np.abs(s - np.median(s)))))


def ess(x):
    """of the mean of x (chains x draws), already split"""
    m, n = x.shape
    if n < 4 or not np.all(np.isfinite(x)) or np.ptp(x) == 0:
        return float('nan')
    c = x - x.mean(axis=1, keepdims=True)
    size = 1 << (2 * n - 1).bit_length()
    f = np.fft.rfft(c, size, axis=1)
    acov = np.fft.irfft(f * np.conj(f), size, axis=1)[:, :n] / n
    acov = acov.mean(axis=0)
    w = acov[0] * n / (n - 1)
    v = w * (n - 1) / n + (x.mean(axis=1).var(ddof=1) if m > 1 else 0.0)
    if not v > 0:
        return float('nan')
    rho = 1 - (w - acov) / v
    rho[0] = 1.0
    # Geyer: sums of pairs, positive and monotone
    tau, prev, t = 0.0, float('inf'), 0
    while t + 1 < n:
        pair = rho[t] + rho[t + 1]
        if pair < 0 and t > 0:
            break
        pair = min(pair, prev)
        tau += 2 * pair
        prev = pair
        t += 2
    tau -= 1
    total = m * n
    tau = max(tau, 1 / math.log10(total))
    return total / tau


def ess_bulk(x):
    return ess(rank_normalise(split(x)))


def ess_tail(x):
    s = split(x)
    q = np.quantile(s, [0.05, 0.95])
    e = [ess((s <= v).astype(float)) for v in q]
    e = [v for v in e if v == v]
    return min(e) if e else float('nan')


def se_mean(x):
    e = ess(split(x))
    return x.std(ddof=1) / math.sqrt(e) if e == e else float('nan')


def se_sd(x):
    c = (x - x.mean()) ** 2
    e = ess(split(c))
    if e != e:
        return float('nan')
    ev = c.mean()
    return math.sqrt(max(((c ** 2).mean() - ev ** 2) / e, 0) / ev / 4)


# ------------------------------------------------------------ the rule
def kurtosis_of_reference(p):
    n = p.get('ess_sq', min(p['ess'], p.get('ess_tail', p['ess'])))
    return 1 + 4 * n * (p['mcse_sd'] / p['sd']) ** 2


def judge(chains, ref, opt):
    par = {k: v for k, v in ref['parameters'].items() if k not in opt['ignore'] and k.split('[')[0] not in opt['ignore']}
    missing = [k for k in par if any(k not in c for c in chains)]
    if missing:
        raise Unusable('no column for ' + ', '.join(missing[:8]) + (' ...' if len(missing) > 8 else ''))
    n = min(len(next(iter(c.values()))) for c in chains)
    if n < 8:
        raise Unusable(f'{n} draws in the shortest chain')
    fails, few, stats, rows = [], [], [], []
    for k, r in par.items():
        x = np.array([c[k][:n] for c in chains])
        row = {'name': k}
        rows.append(row)
        if not np.all(np.isfinite(x)):
            fails.append(f'{k}: {int(np.sum(~np.isfinite(x)))} draws are not finite')
            continue
        if np.ptp(x) == 0:
            fails.append(f'{k}: constant')
            continue
        row.update(mean=float(x.mean()), sd=float(x.std(ddof=1)), rhat=rhat(x), ess_bulk=ess_bulk(x), ess_tail=ess_tail(x))
        worst = min(row['ess_bulk'], row['ess_tail'])
        enough = worst >= opt['min_ess']
        if not enough:
            few.append((worst, k))
        if not row['rhat'] < (opt['max_rhat'] if enough else max(1.1, opt['max_rhat'])):
            fails.append(f"{k}: R-hat {row['rhat']:.3f}")
        elif not worst >= 50:      # too few even for a z
            continue
        heavy = kurtosis_of_reference(r) > 10 or k in opt['skip_moments'] or k.split('[')[0] in opt['skip_moments']
        row['heavy'] = heavy
        if not heavy:
            s1, s2 = se_mean(x), se_sd(x)
            stats.append((k, 'mean', (row['mean'] - r['mean']) / math.hypot(s1, r['mcse_mean'])))
            stats.append((k, 'sd', (row['sd'] - r['sd']) / math.hypot(s2, r['mcse_sd'])))
            d = (row['mean'] - r['mean']) / r['sd']
            if enough and not abs(d) <= opt['floor_mean']:
                fails.append(f'{k}: mean differs by {d:+.3f} reference sd')
            q = row['sd'] / r['sd']
            if enough and not opt['floor_sd'][0] <= q <= opt['floor_sd'][1]:
                fails.append(f'{k}: sd is {q:.3f} of the reference')
        s = split(x)
        for q, f, name in ((0.05, 'q05', 'share below q05'), (0.5, 'median', 'share below median'), (0.95, 'q95', 'share below q95')):
            ind = (x < r[f]).astype(float)
            share = ind.mean()
            e = ess((s < r[f]).astype(float))
            if e != e:
                e = row['ess_bulk']
            e_ref = min(r['ess'], r.get('ess_tail', r['ess']))    # pilots: its ess_tail overstates
            e_ref = min(e_ref, ref.get('n_draws', e_ref))
            stats.append((k, name, (share - q) / math.sqrt(q * (1 - q) * (1 / e + 1 / e_ref))))
            if heavy and enough:     # effect floor for those judged by quantiles only
                if not abs(share - q) <= (0.06 if q == 0.5 else 0.03) * (2 if opt['loose'] else 1):
                    fails.append(f'{k}: {name} is {share:.3f}')
    m = len(stats)
    zstar = ND.inv_cdf(1 - opt['alpha'] / (2 * m)) if m else float('inf')
    for k, what, z in stats:
        if not opt['loose'] and not abs(z) <= zstar:
            fails.append(f'{k}: {what} z = {z:+.2f} (limit {zstar:.2f})')
    biggest = max(stats, key=lambda t: abs(t[2]), default=('', '', 0.0))
    good = [r for r in rows if 'rhat' in r]
    out = dict(posterior=ref['posterior'], chains=len(chains), draws=n, statistics=m, zstar=zstar,
               max_z=abs(biggest[2]), max_z_at=f'{biggest[0]} {biggest[1]}',
               max_rhat=max((r['rhat'] for r in good), default=float('nan')),
               min_ess=min((min(r['ess_bulk'], r['ess_tail']) for r in good), default=float('nan')),
               heavy=[r['name'] for r in good if r.get('heavy')], fails=fails, parameters=rows)
    if fails:
        out['verdict'], out['status'] = 'FAIL', 1
    elif few:
        w, k = min(few)
        out['verdict'], out['status'] = 'TOO FEW', 2
        out['fails'] = [f'{k}: effective sample size {w:.0f}, {opt["min_ess"]:.0f} wanted']
    else:
        out['verdict'], out['status'] = 'pass', 0
    out['zs'] = stats
    return out


def options(argv):
    opt = dict(alpha=1e-4, min_ess=None, max_rhat=None, floor_mean=0.15, floor_sd=(0.87, 1.15), loose=False,
               skip_moments=[], alias={'lam': 'lambda'}, ignore=[], verbose=False, json=False)
    pos, i = [], 0
    while i < len(argv):
        a = argv[i]
        if a in ('--alpha', '--min-ess', '--max-rhat', '--skip-moments', '--alias', '--ignore'):
            i += 1
            if i >= len(argv):
                raise Unusable(a + ' needs a value')
            v = argv[i]
            key = a[2:].replace('-', '_')
            opt[key] = dict(p.split('=') for p in v.split(',')) if a == '--alias' else v.split(',') if a in ('--skip-moments', '--ignore') else float(v)
        elif a in ('--loose', '--verbose', '--json'):
            opt[a[2:]] = True
        elif a in ('-h', '--help'):
            print(__doc__)
            sys.exit(0)
        elif a.startswith('--'):
            raise Unusable('unknown option ' + a)
        else:
            pos.append(a)
        i += 1
    if opt['loose']:
        opt['floor_mean'], opt['floor_sd'] = 0.3, (0.7, 1.43)
    opt['min_ess'] = opt['min_ess'] or (100 if opt['loose'] else 1000)
    opt['max_rhat'] = opt['max_rhat'] or (1.05 if opt['loose'] else 1.02)
    return opt, pos


def main(argv):
    try:
        opt, pos = options(argv)
        if len(pos) < 2:
            sys.stderr.write(__doc__)
            return 3
        try:
            ref = json.load(open(pos[-1]))
            wanted = set(ref['parameters'])
        except (OSError, ValueError, KeyError) as e:
            raise Unusable(f'{pos[-1]}: {e}')
        chains = []
        for f in pos[:-1]:
            try:
                chains += read_csv(f, wanted, opt['alias'])
            except OSError as e:
                raise Unusable(str(e))
        out = judge(chains, ref, opt)
    except Unusable as e:
        print('UNUSABLE:', e)
        return 3
    if opt['json']:
        out.pop('zs')
        print(json.dumps(out))
        return out['status']
    print(f"{out['verdict']}  {out['posterior']}  {out['chains']} x {out['draws']} draws  max|z| {out['max_z']:.2f} of {out['zstar']:.2f} ({out['max_z_at']})"
          f"  R-hat {out['max_rhat']:.3f}  min ESS {out['min_ess']:.0f}" + ('  ' + '; '.join(out['fails'][:6]) + (f" ... {len(out['fails'])} in all" if len(out['fails']) > 6 else '') if out['fails'] else ''))
    if opt['verbose']:
        for r in out['parameters']:
            if 'rhat' in r:
                p = ref['parameters'][r['name']]
                print(f"  {r['name']:>16}  mean {r['mean']:.6g} (ref {p['mean']:.6g})  sd {r['sd']:.4g} (ref {p['sd']:.4g})  R-hat {r['rhat']:.4f}  ESS {r['ess_bulk']:.0f} / {r['ess_tail']:.0f}" + ('  quantiles only' if r['heavy'] else ''))
    return out['status']


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
