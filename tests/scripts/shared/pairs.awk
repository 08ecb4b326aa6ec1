# SPDX-License-Identifier: GPL-2.0-or-later
#
# Input: one factor a line, its values separated by blanks. Output: rows with one value of each factor, so
# that every pair of values of two factors occurs in some row; with -v full=N the product of the first N
# factors, the other values drawn at random. The choice is greedy and follows -v seed=N.
{ factors++; count[factors] = NF; for (i = 1; i <= NF; i++) value[factors, i] = $i }

function pick(number) { return 1 + int(rand() * number) }

function gain(row,   a, b, sum) {
  for (a = 1; a < factors; a++)
    for (b = a + 1; b <= factors; b++) sum += !((a, row[a], b, row[b]) in covered)
  return sum
}

function emit(row,   a, b, line) {
  for (a = 1; a < factors; a++)
    for (b = a + 1; b <= factors; b++) covered[a, row[a], b, row[b]] = 1
  for (a = 1; a <= factors; a++) line = line (a > 1 ? " " : "") value[a, row[a]]
  print line
}

function product(from, row,   i) {
  if (from > full) {
    for (i = from; i <= factors; i++) row[i] = pick(count[i])
    emit(row)
    return
  }
  for (i = 1; i <= count[from]; i++) { row[from] = i; product(from + 1, row) }
}

# the row with this pair that covers most of what is still open, of some drawn at random
function best_with(a, i, b, j,   draw, f, best, row) {
  best = -1
  for (draw = 0; draw < 40; draw++) {
    for (f = 1; f <= factors; f++) row[f] = pick(count[f])
    row[a] = i; row[b] = j
    if (gain(row) > best) { best = gain(row); for (f = 1; f <= factors; f++) chosen[f] = row[f] }
  }
  emit(chosen)
}

END {
  srand(seed)
  if (full) { product(1); exit }
  for (a = 1; a < factors; a++)
    for (b = a + 1; b <= factors; b++)
      for (i = 1; i <= count[a]; i++)
        for (j = 1; j <= count[b]; j++)
          if (!((a, i, b, j) in covered)) best_with(a, i, b, j)
}
