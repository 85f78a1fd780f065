-- SPDX-License-Identifier: GPL-3.0-or-later
-- The peer of the first row of bench/run.sh: the same recursion, as a local
-- function, some number of times.
local function fib(n)
    if n < 2 then return 1 end
    return fib(n - 1) + fib(n - 2)
end
local result
for _ = 1, tonumber(arg[1]) do result = fib(25) end
print(result)
