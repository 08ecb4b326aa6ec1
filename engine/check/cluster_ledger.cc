// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/cluster_ledger.h"

#include <algorithm>

#include "engine/error.h"

namespace ocfs2 {

SparseBitmap::SparseBitmap(u64 bits) : bits_(bits), chunks_(divide_up(bits, chunk_bits)) {}

u32 SparseBitmap::length(u64 index) const {
  return static_cast<u32>(std::min<u64>(chunk_bits, bits_ - index * chunk_bits));
}

Bytes SparseBitmap::mixed(Chunk& chunk, u64 index) {
  if (!chunk.bits) {
    chunk.bits = std::make_unique<std::array<u8, chunk_bits / 8>>();
    if (chunk.ones != 0) set_bits(*chunk.bits, 0, length(index));
  }
  return *chunk.bits;
}

void SparseBitmap::set_ones(Chunk& chunk, u64 index, u32 ones) {
  chunk.ones = ones;
  if (ones == 0 || ones == length(index)) chunk.bits.reset();
}

BitRun SparseBitmap::inside(BitRun run) const {
  if (run.first >= bits_) return {bits_, 0};
  return {run.first, std::min(run.count, bits_ - run.first)};
}

/// Calls `use` with the number of each chunk that the run touches, and with the bits of it that it covers.
template <class Use>
void SparseBitmap::each_part(BitRun run, Use use) {
  while (run.count != 0) {
    const u64 index = run.first / chunk_bits;
    const u32 from = static_cast<u32>(run.first % chunk_bits);
    const u32 part = static_cast<u32>(std::min<u64>(run.count, chunk_bits - from));
    use(chunks_[index], index, from, from + part);
    run = {run.first + part, run.count - part};
  }
}

void SparseBitmap::set(BitRun run) {
  each_part(inside(run), [this](Chunk& chunk, u64 index, u32 from, u32 to) {
    if (chunk.ones == length(index)) return;
    if (to - from == length(index)) return set_ones(chunk, index, to);
    const Bytes bits = mixed(chunk, index);
    const u64 news = count_clear_bits(bits, from, to);
    set_bits(bits, from, to);
    set_ones(chunk, index, chunk.ones + static_cast<u32>(news));
  });
}

void SparseBitmap::clear(BitRun run) {
  each_part(inside(run), [this](Chunk& chunk, u64 index, u32 from, u32 to) {
    if (chunk.ones == 0) return;
    if (to - from == length(index)) return set_ones(chunk, index, 0);
    const Bytes bits = mixed(chunk, index);
    const u64 gone = count_set_bits(bits, from, to);
    clear_bits(bits, from, to);
    set_ones(chunk, index, chunk.ones - static_cast<u32>(gone));
  });
}

void SparseBitmap::assign(u64 first, ConstBytes source, u64 count) {
  require(first % 8 == 0);
  const BitRun all = inside({first, count});
  each_part(all, [&](Chunk& chunk, u64 index, u32 from, u32 to) {
    const u64 at = index * chunk_bits + from - first;
    const u64 news = count_set_bits(source, at, at + (to - from));
    const BitRun part{index * chunk_bits + from, to - from};
    if (news == 0) return clear(part);
    if (news == part.count) return set(part);
    const Bytes bits = mixed(chunk, index);
    const u64 gone = count_set_bits(bits, from, to);
    const u64 there = source.size() - std::min<u64>(source.size(), at / 8);
    const u64 whole = std::min(part.count / 8, there);
    std::copy_n(source.begin() + static_cast<s64>(at / 8), whole, bits.begin() + from / 8);
    for (u64 bit = whole * 8; bit < part.count; ++bit)
      test_bit(source, at + bit) ? set_bit(bits, from + bit) : clear_bit(bits, from + bit);
    set_ones(chunk, index, chunk.ones - static_cast<u32>(gone) + static_cast<u32>(news));
  });
}

bool SparseBitmap::test(u64 bit) const {
  if (bit >= bits_) return false;
  const Chunk& chunk = chunks_[bit / chunk_bits];
  return chunk.bits ? test_bit(*chunk.bits, bit % chunk_bits) : chunk.ones != 0;
}

/// The first bit in [first, end) that is `value`, or `end`. end ≤ size().
u64 SparseBitmap::find(u64 first, u64 end, bool value) const {
  while (first < end) {
    const Chunk& chunk = chunks_[first / chunk_bits];
    const u64 base = first / chunk_bits * chunk_bits;
    const u64 stop = std::min(end, base + chunk_bits);
    if (chunk.bits) {
      const u64 found = value ? find_set_bit(*chunk.bits, first - base, stop - base)
                              : find_clear_bit(*chunk.bits, first - base, stop - base);
      if (found < stop - base) return base + found;
    } else if ((chunk.ones != 0) == value) {
      return first;
    }
    first = stop;
  }
  return end;
}

BitRun SparseBitmap::next_run(u64 first, u64 end) const {
  end = std::min(end, bits_);
  if (first >= end) return {end, 0};
  const u64 begin = find(first, end, true);
  return {begin, find(begin, end, false) - begin};
}

u64 SparseBitmap::count() const {
  u64 sum = 0;
  for (const Chunk& chunk : chunks_) sum += chunk.ones;
  return sum;
}

u64 SparseBitmap::memory_bytes() const {
  const u64 held = static_cast<u64>(std::ranges::count_if(chunks_, [](const Chunk& c) { return !!c.bits; }));
  return chunks_.size() * sizeof(Chunk) + held * (chunk_bits / 8);
}

void ClusterLedger::claim(ClusterNo first, u64 count) {
  if (first.value >= unclaimed_.size()) return;
  const u64 end = first.value + std::min(count, unclaimed_.size() - first.value);
  for (u64 at = first.value; at < end;) {
    const BitRun free = unclaimed_.next_run(at, end);
    const BitRun taken{at, free.first - at};
    if (taken.count != 0) claim_again(taken);
    unclaimed_.clear(free);
    at = free.first + free.count;
  }
}

/// Nobody was waiting for these clusters to be claimed: they are free on disk, or claimed already.
void ClusterLedger::claim_again(BitRun run) {
  const u64 end = run.first + run.count;
  for (u64 at = run.first; at < end;) {
    const BitRun twice = unexpected_.next_run(at, end);
    repeated_.set(twice);
    at = twice.first + std::max<u64>(twice.count, 1);
  }
  unexpected_.set(run);
}

void ClusterLedger::allow(BitRun run) {
  for (u64 cluster = run.first; cluster < run.first + run.count; ++cluster)
    if (!repeated_.test(cluster)) unexpected_.clear({cluster, 1});
}

}  // namespace ocfs2
