// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/io/undo_file.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/io/device_errors.h"
#include "ondisk/check.h"
#include "ondisk/zeros.h"

namespace ocfs2 {
namespace {

constexpr std::array<char, 8> file_magic{'O', 'C', 'F', 'S', '2', 'U', 'N', 'D'};
constexpr std::array<char, 8> record_magic{'U', 'N', 'D', 'O', 'R', 'E', 'C', '1'};
constexpr u32 file_version = 1;
constexpr u64 record_alignment = 512;  ///< records begin at multiples of this, so that they can be found
constexpr u64 record_payload_max = 1 << 20;  ///< bytes
constexpr u64 batch_bytes_max = 8 << 20;     ///< old bytes in memory at a time
constexpr u64 fingerprint_head_parts = 16;

/// The first 4096 bytes of the file.
struct UndoHeader {
  std::array<char, 8> magic;
  le32 version;
  le32 crc;  ///< of the header with this as 0; also the tag that each record repeats
  le64 device_bytes;
  le64 unit_bytes;
  Fingerprint before;                  ///< the device before the first write
  std::array<char, 1024> device_name;  ///< for people, NUL padded
  std::array<u8, 2784> reserved;
};
static_assert(sizeof(UndoHeader) == 4096);

enum class RecordKind : u32 {
  old_bytes = 1,  ///< payload: what stood at `offset`
  finished = 2,   ///< payload: the Fingerprint of the device after the command
  undoing = 3,    ///< no payload: from here on the device is between new and old
  undone = 4,     ///< no payload: all is back, and nothing more to be had from this file
};

/// Followed by `length` bytes of payload.
struct RecordHeader {
  std::array<char, 8> magic;
  le32 tag;
  le32 kind;
  le64 offset;  ///< on the device, bytes
  le64 length;  ///< bytes
  le64 synced;  ///< the file was durable up to here when this was written
  le32 payload_crc;
  le32 crc;  ///< of this header with this as 0
};
static_assert(sizeof(RecordHeader) == 48);

constexpr u64 record_bytes(u64 payload) { return round_up(sizeof(RecordHeader) + payload, record_alignment); }

/// The checksum of a header whose own `crc` counts as 0.
template <class Header>
u32 header_crc(Header header) {
  header.crc = 0;
  return crc32(bytes_of(header), ~0u);
}

RecordHeader make_record(RecordKind kind, u32 tag, u64 synced, u64 offset, ConstBytes payload) {
  RecordHeader record{record_magic, tag, static_cast<u32>(kind), offset, payload.size(), synced, 0, 0};
  record.payload_crc = crc32(payload, ~0u);
  record.crc = header_crc(record);
  return record;
}

bool is_record(const RecordHeader& record, u32 tag) {
  return record.magic == record_magic && record.tag == tag && record.crc == header_crc(record) &&
         record.length <= record_payload_max;
}

/// One record as it lies in the file, padding included.
std::vector<u8> record_image(const RecordHeader& record, ConstBytes payload) {
  std::vector<u8> image(record_bytes(payload.size()));
  as<RecordHeader>(Bytes(image)) = record;
  std::copy(payload.begin(), payload.end(), image.begin() + sizeof record);
  return image;
}

/// Where part `index` of a fingerprint lies; its length is one unit, less at the device's end.
u64 fingerprint_offset(u32 index, u64 device_bytes) {
  constexpr u64 unit = UndoDevice::unit_bytes;
  if (index < fingerprint_head_parts) return std::min(index * unit, device_bytes);
  const u64 spread = fingerprint_parts - fingerprint_head_parts;
  return device_bytes / unit / spread * (index - fingerprint_head_parts) * unit;
}

/// The fingerprint of `device`, each part seen through `alter(offset, bytes)`.
template <class Alter>
Fingerprint fingerprint(BlockDevice& device, Alter alter) {
  Fingerprint print;
  for (u32 index = 0; index < fingerprint_parts; ++index) {
    const u64 offset = fingerprint_offset(index, device.size_bytes());
    std::vector<u8> part(std::min(UndoDevice::unit_bytes, device.size_bytes() - offset));
    device.read(offset, part);
    alter(offset, Bytes(part));
    print[index] = crc32(part, ~0u);
  }
  return print;
}

Fingerprint fingerprint(BlockDevice& device) {
  return fingerprint(device, [](u64, Bytes) {});
}

}  // namespace

// ---- keeping ----

UndoDevice::UndoDevice(BlockDevice& device, BlockDevice& store) : device_(device), store_(store) {
  UndoHeader header{file_magic, file_version,        0,  device.size_bytes(),
                    unit_bytes, fingerprint(device), {}, {}};
  const std::string& name = device.name();
  std::copy_n(name.begin(), std::min(name.size(), header.device_name.size() - 1), header.device_name.begin());
  tag_ = header_crc(header);
  header.crc = tag_;
  store_.write({}, 0, bytes_of(header));
  store_.flush();
  store_end_ = store_synced_ = sizeof header;
}

void UndoDevice::write(WriteKey key, u64 offset, ConstBytes bytes) {
  require_inside(*this, "write", offset, bytes.size());
  const Range range{offset, offset + bytes.size()};
  save({&range, 1});
  device_.write(key, offset, bytes);
}

void UndoDevice::write_many(WriteKey key, std::span<const WriteRequest> requests) {
  std::vector<Range> ranges;
  for (const auto& [offset, bytes] : requests) {
    require_inside(*this, "write", offset, bytes.size());
    const u64 end = offset + bytes.size();
    if (!ranges.empty() && ranges.back().to == offset)
      ranges.back().to = end;  // neighbours share a record, and units that both reach into
    else
      ranges.push_back({offset, end});
  }
  save(ranges);
  device_.write_many(key, requests);
}

void UndoDevice::zero(WriteKey key, u64 offset, u64 length) {
  require_inside(*this, "zero", offset, length);
  // Zeros that become zeros need no way back: a volume's journals are large and usually empty.
  std::vector<Range> ranges;
  std::vector<u8> content;
  for (u64 from = offset; from < offset + length;) {
    const u64 to = std::min(offset + length, (from / record_payload_max + 1) * record_payload_max);
    content.resize(to - from);
    device_.read(from, content);
    if (!is_zero(content)) ranges.push_back({from, to});
    from = to;
  }
  save(ranges);
  device_.zero(key, offset, length);
}

/// Makes the old bytes of `ranges` safe, one flush for all of them.
void UndoDevice::save(std::span<const Range> ranges) {
  std::vector<Range> unsaved;
  for (const Range& range : ranges) find_unsaved(range, unsaved);
  if (unsaved.empty()) return;
  for (std::span<const Range> rest = unsaved; !rest.empty();) {
    std::size_t count = 0;
    for (u64 bytes = 0; count < rest.size() && bytes < batch_bytes_max; ++count)
      bytes += rest[count].to - rest[count].from;
    append(rest.first(count));
    rest = rest.subspan(count);
  }
  store_.flush();
  store_synced_ = store_end_;
  for (const Range& range : unsaved) mark_saved(range);
}

/// Adds what is not yet safe of `range`, in whole units and in pieces that fit a record.
void UndoDevice::find_unsaved(Range range, std::vector<Range>& unsaved) const {
  if (range.from == range.to) return;
  u64 at = range.from / unit_bytes * unit_bytes;
  const u64 end = std::min(round_up(range.to, unit_bytes), size_bytes());
  auto next = saved_.upper_bound(at);
  if (next != saved_.begin()) at = std::max(at, std::prev(next)->second);
  while (at < end) {
    const u64 gap_end = next == saved_.end() ? end : std::min(end, next->first);
    for (u64 from = at; from < gap_end; from += record_payload_max)
      unsaved.push_back({from, std::min(from + record_payload_max, gap_end)});
    if (next == saved_.end()) return;
    at = next->second;
    ++next;
  }
}

/// Appends a record for each of `ranges`, with a single write.
void UndoDevice::append(std::span<const Range> ranges) {
  u64 image_bytes = 0;
  for (const Range& range : ranges) image_bytes += record_bytes(range.to - range.from);
  std::vector<u8> image(image_bytes);
  std::vector<ReadRequest> reads;
  u64 at = 0;
  for (const auto& [from, to] : ranges) {
    reads.push_back({from, Bytes(image).subspan(at + sizeof(RecordHeader), to - from)});
    at += record_bytes(to - from);
  }
  device_.read_many(reads);
  for (const ReadRequest& read : reads) {
    if (read.error != 0) fail_transfer(device_, "save", read.offset, read.into.size(), read.error);
    u8* header = read.into.data() - sizeof(RecordHeader);
    as<RecordHeader>(Bytes(header, sizeof(RecordHeader))) =
        make_record(RecordKind::old_bytes, tag_, store_synced_, read.offset, read.into);
  }
  store_.write({}, store_end_, image);
  store_end_ += image.size();
}

void UndoDevice::mark_saved(Range range) {
  auto [place, is_new] = saved_.emplace(range.from, range.to);
  if (!is_new) place->second = std::max(place->second, range.to);  // the same unit twice in one batch
  if (place != saved_.begin())
    if (const auto before = std::prev(place); before->second >= range.from) {
      before->second = std::max(before->second, place->second);
      saved_.erase(place);
      place = before;
    }
  for (auto after = std::next(place); after != saved_.end() && after->first <= place->second;) {
    place->second = std::max(place->second, after->second);
    after = saved_.erase(after);
  }
}

void UndoDevice::finish() {
  device_.flush();
  const Fingerprint now = fingerprint(device_);
  const ConstBytes payload(reinterpret_cast<const u8*>(now.data()), sizeof now);
  const auto image =
      record_image(make_record(RecordKind::finished, tag_, store_synced_, 0, payload), payload);
  store_.write({}, store_end_, image);
  store_.flush();
  store_end_ += image.size();
  store_synced_ = store_end_;
}

u64 UndoDevice::saved_bytes() const {
  u64 sum = 0;
  for (const auto& [from, to] : saved_) sum += to - from;
  return sum;
}

// ---- going back ----

UndoReader::UndoReader(BlockDevice& store) : store_(store) {
  read_header();
  scan();
  require_nothing_lost();
}

void UndoReader::read_header() {
  std::vector<u8> bytes(sizeof(UndoHeader));
  if (store_.size_bytes() >= bytes.size()) store_.read(0, bytes);
  const auto& header = as<UndoHeader>(ConstBytes(bytes));
  if (header.magic != file_magic) fail(ErrorKind::corrupt, "{}: is not an undo file", store_.name());
  if (header.version != file_version)
    fail(ErrorKind::unsupported, "{}: is an undo file of version {}; this program knows version {}",
         store_.name(), u32{header.version}, file_version);
  if (header.crc != header_crc(header))
    fail(ErrorKind::corrupt, "{}: the header of this undo file is damaged", store_.name());
  tag_ = header.crc;
  before_ = header.before;
  device_bytes_ = header.device_bytes;
  device_name_.assign(header.device_name.begin(),
                      std::find(header.device_name.begin(), header.device_name.end(), '\0'));
  end_ = sizeof(UndoHeader);
}

/// Takes all records up to the first one that is not whole.
void UndoReader::scan() {
  std::vector<u8> bytes;
  while (lies_inside(end_, sizeof(RecordHeader), store_.size_bytes())) {
    bytes.resize(sizeof(RecordHeader));
    store_.read(end_, bytes);
    const RecordHeader record = as<RecordHeader>(ConstBytes(bytes));
    if (!is_record(record, tag_)) return;
    const u64 payload = end_ + sizeof(RecordHeader);
    if (!lies_inside(payload, record.length, store_.size_bytes())) return;
    bytes.resize(record.length);
    store_.read(payload, bytes);
    if (record.payload_crc != crc32(bytes, ~0u)) return;

    if (record.kind == static_cast<u32>(RecordKind::old_bytes)) {
      if (!lies_inside(record.offset, record.length, device_bytes_)) return;
      saved_.push_back({record.offset, record.length, payload});
    } else if (record.kind == static_cast<u32>(RecordKind::finished) && bytes.size() == sizeof(Fingerprint)) {
      std::copy(bytes.begin(), bytes.end(), reinterpret_cast<u8*>(finished_.emplace().data()));
    } else if (record.kind == static_cast<u32>(RecordKind::undoing)) {
      undoing_ = true;
    } else if (record.kind == static_cast<u32>(RecordKind::undone)) {
      undone_ = true;
    }
    end_ += record_bytes(record.length);
  }
}

/// A crash tears off only what was not yet durable, and that was never acted upon. If a later record says
/// that the file was durable beyond the place where we stopped, records are missing that matter.
void UndoReader::require_nothing_lost() const {
  std::vector<u8> bytes;
  for (u64 at = end_; at < store_.size_bytes(); at += bytes.size()) {
    bytes.resize(std::min(record_payload_max, store_.size_bytes() - at));
    store_.read(at, bytes);
    for (u64 within = 0; within + sizeof(RecordHeader) <= bytes.size(); within += record_alignment) {
      const auto& record = as<RecordHeader>(ConstBytes(bytes).subspan(within));
      if (is_record(record, tag_) && record.synced > end_)
        fail(ErrorKind::corrupt,
             "{}: this undo file is damaged at byte {}; what it kept cannot be put back wholly",
             store_.name(), end_);
    }
  }
}

u64 UndoReader::saved_bytes() const {
  u64 sum = 0;
  for (const Saved& saved : saved_) sum += saved.length;
  return sum;
}

/// What the fingerprint of `device` will be once all is put back.
Fingerprint UndoReader::restored_fingerprint(BlockDevice& device) const {
  return fingerprint(device, [&](u64 offset, Bytes part) {
    for (const Saved& saved : saved_) {
      const u64 from = std::max(offset, saved.offset);
      const u64 to = std::min(offset + part.size(), saved.offset + saved.length);
      if (from < to)
        store_.read(saved.store_offset + (from - saved.offset), part.subspan(from - offset, to - from));
    }
  });
}

void UndoReader::require_same_device(BlockDevice& device) const {
  if (device.size_bytes() != device_bytes_)
    fail(ErrorKind::invalid_argument, "{}: was made for {} with {} bytes, but {} has {}", store_.name(),
         device_name_, device_bytes_, device.name(), device.size_bytes());
  bool same = restored_fingerprint(device) == before_;
  if (finished_ && !undoing_) {
    const Fingerprint now = fingerprint(device);
    for (u32 i = 0; i < fingerprint_parts; ++i)
      same = same && (now[i] == before_[i] || now[i] == (*finished_)[i]);
  }
  if (!same)
    fail(ErrorKind::invalid_argument,
         "{}: was made for {} as it was then; {} is another device, or was changed by something else since",
         store_.name(), device_name_, device.name());
}

/// Appends a note about the undo itself.
void UndoReader::note(u32 kind) {
  const auto image = record_image(make_record(static_cast<RecordKind>(kind), tag_, end_, 0, {}), {});
  store_.write({}, end_, image);
  store_.flush();
  end_ += image.size();
}

void UndoReader::restore(BlockDevice& device) {
  if (undone_)
    fail(ErrorKind::invalid_argument, "{}: was put back already; it does not fit what is on {} now",
         store_.name(), device.name());
  require_same_device(device);
  if (!undoing_) note(static_cast<u32>(RecordKind::undoing));
  undoing_ = true;
  for (std::span<const Saved> rest = saved_; !rest.empty();) {
    std::size_t count = 0;
    u64 bytes = 0;
    for (; count < rest.size() && bytes < batch_bytes_max; ++count) bytes += rest[count].length;
    put_back(device, rest.first(count), bytes);
    rest = rest.subspan(count);
  }
  device.flush();
  note(static_cast<u32>(RecordKind::undone));
  undone_ = true;
}

void UndoReader::put_back(BlockDevice& device, std::span<const Saved> batch, u64 bytes) {
  std::vector<u8> content(bytes);
  std::vector<ReadRequest> reads;
  std::vector<WriteRequest> writes;
  Bytes rest = content;
  for (const Saved& saved : batch) {
    reads.push_back({saved.store_offset, rest.first(saved.length)});
    writes.push_back({saved.offset, rest.first(saved.length)});
    rest = rest.subspan(saved.length);
  }
  store_.read_many(reads);
  for (const ReadRequest& read : reads)
    if (read.error != 0) fail_transfer(store_, "read", read.offset, read.into.size(), read.error);
  device.write_many({}, writes);
}

}  // namespace ocfs2
