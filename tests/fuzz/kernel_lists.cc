// SPDX-License-Identifier: GPL-2.0-or-later
//
// The lists that the kernel shows of its locks and its network, in any version or by somebody else, and what
// ocfs2_controld answers: each is read, or refused, and the commands of debugfs.ocfs2 show it. The first byte
// of the input chooses the list; the next ones put other words into a line as kernels write it, since chance
// hardly finds 87 fields; the rest follows it as it is.
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmath>

#include "cmd/debugfs.h"
#include "engine/error.h"
#include "net/controld.h"
#include "net/lock_name.h"
#include "net/lock_states.h"
#include "net/net_stats.h"

namespace ocfs2 {
namespace {

void demand(bool condition) {
  if (!condition) __builtin_trap();
}

std::string_view text_of(ConstBytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// What stands in place of a field; 200 and more: the line ends.
constexpr std::string_view words[] = {"",       "0",          "1",          "0x4",
                                      "5",      "-1",         "0xffffffff", "18446744073709551615",
                                      "0x0",    "65536",      "0x80000000", "-0",
                                      "0x",     "nonsense",   "0:1",        "99999999999999999999",
                                      "254",    "NAME:x",     "LOCK:1",     "4294967296",
                                      "LVBX:0", "0xffffff81", "\n",         "-9223372036854775808"};
constexpr u8 end_of_line = 200;

/// `line` with other fields: each pair of `changes` is which, and what it is.
std::string changed(std::string_view line, char separator, ConstBytes changes) {
  std::vector<std::string_view> fields;
  for (std::string_view rest = line; !rest.empty();) {
    fields.push_back(rest.substr(0, rest.find(separator)));
    rest.remove_prefix(std::min(fields.back().size() + 1, rest.size()));
  }
  for (std::size_t i = 0; i + 1 < changes.size(); i += 2) {
    const std::size_t field = changes[i] % fields.size();
    if (changes[i + 1] >= end_of_line)
      fields.resize(field + 1);
    else
      fields[field] = words[changes[i + 1] % std::size(words)];
  }
  return fmt::format("{}", fmt::join(fields, std::string_view(&separator, 1)));
}

/// A command reads `list` as its file, as text and as JSON.
void show(const char* command, std::string_view list) {
  static std::FILE* const nowhere = std::fopen("/dev/null", "w");
  static const int file = memfd_create("list", MFD_CLOEXEC);
  demand(ftruncate(file, 0) == 0 &&
         pwrite(file, list.data(), list.size(), 0) == static_cast<ssize_t>(list.size()));
  for (const bool json : {false, true}) {
    DebugSession session;
    session.out = nowhere;
    session.json = json;
    run_debug_line(session, fmt::format("{} -f /proc/self/fd/{}", command, file));
  }
}

void look_at_lock(ConstBytes changes, std::string_view rest) {
  const std::string list = changed(
      "0x4\tM0000000000000000052220d82d8623\t5\t0x43\t0x2\t0x0\t0\t1\t5\t-1\t"
      "0x5\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t0x1\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t"
      "0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t"
      "0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t0xffffff81\t0xffffffa4\t"
      "0x0\t0x2\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t0x0\t"
      "7\t9\t1\t2\t147706540\t3000\t147706\t5000\t4\t1795306520790830\t12\t0\t",
      '\t', changes);
  if (const auto lock = parse_file_system_lock(list)) {
    demand(lock->version >= 1 && lock->version <= FileSystemLock::newest);
    inode_lock_value(lock->value);
  }
  LockValue value{};
  std::copy_n(rest.begin(), std::min(rest.size(), value.size()), value.begin());
  if (const auto inode = inode_lock_value(value)) demand(inode->version <= InodeLockValue::newest);
  if (const auto name = decode_lock_name(rest)) {
    const auto again = decode_lock_name(encode_lock_name(*name));
    demand(again && again->type == name->type && again->block == name->block);
  }
  show("fs_locks -l", fmt::format("{}\n{}", list, rest));
  show("fs_locks -B", rest);
}

void look_at_resources(ConstBytes changes, std::string_view rest) {
  const std::size_t half = changes.size() / 2;
  const std::string list =
      fmt::format("NAME:M0000000000000000000016e7922c49\nLRES:{}\nRMAP:1 \nLVBX:0500\nLOCK:{}\n{}",
                  changed("1,0,0,0,0,0,0,0,0,0,3", ',', changes.first(half)),
                  changed("1,0,5,-1,0,0:2,0,0,0,0,0,0,0,0,2", ',', changes.subspan(half)), rest);
  std::size_t resources = 0;
  each_dlm_resource(list, [&](const DlmResource& resource) {
    demand(!resource.name.empty() && resource.value.size() <= 2 * lock_value_bytes);
    for (const DlmLock& lock : resource.locks) demand(lock.queue < std::size(DlmLock::queues));
    return ++resources < 1000;
  });
  demand(resources > 0);
  show("dlm_locks -l", list);
}

void look_at_traffic(ConstBytes changes, std::string_view rest) {
  constexpr std::string_view line = "1,1,333,9150610,121123179,822484041,339,17557014";
  const std::string list = fmt::format("{}\n{}", changed(line, ',', changes), rest);
  const auto before = parse_net_stats(line), now = parse_net_stats(list);
  demand(before.has_value());
  if (now)
    for (const auto& [node, traffic] : *now)
      for (const TrafficRate& rate :
           {traffic_rate(nullptr, traffic, 0), traffic_rate(&before->begin()->second, traffic, 7)})
        demand(node < net_nodes && rate.sent >= 0 && rate.received >= 0 && std::isfinite(rate.sending_us()) &&
               std::isfinite(rate.process_us));
  show("net_stats", list);
}

void look_at_reply(std::string_view rest) {
  constexpr std::string_view heads[] = {"ITEMCOUNT ", "ITEM ", "STATUS ", ""};
  ControldReply reply;
  while (!rest.empty()) {
    const std::string_view head = heads[static_cast<u8>(rest[0]) % std::size(heads)];
    const std::string_view message = rest.substr(1, rest.find('\n', 1) - 1);
    rest.remove_prefix(1 + message.size());
    const std::size_t before = reply.text().size();
    if (reply.take(fmt::format("{}{}", head, message)) != ControldReply::State::more) return;
    demand(reply.text().size() <= before + message.size());
  }
}

void look(u8 list, ConstBytes input) {
  const std::size_t length = std::min<std::size_t>(input.size(), 1 + input[0] % 32);
  const ConstBytes changes = input.first(length).subspan(1);
  const std::string_view rest = text_of(input.subspan(length));
  if (list % 4 == 0) look_at_lock(changes, rest);
  if (list % 4 == 1) look_at_resources(changes, rest);
  if (list % 4 == 2) look_at_traffic(changes, rest);
  if (list % 4 == 3) look_at_reply(rest);
}

}  // namespace
}  // namespace ocfs2

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool quiet =
      (stderr = std::fopen("/dev/null", "w")) != nullptr;  // a sanitizer uses its number
  if (quiet && size > 1) ocfs2::look(data[0], {data + 1, size - 1});
  return 0;
}
