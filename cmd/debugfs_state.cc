// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/debugfs_state.h"

#include <fmt/format.h>

#include <algorithm>

#include "net/words.h"

namespace ocfs2 {
namespace {

constexpr std::size_t value_row = 16;  // bytes of a lock's value in a line

const LockMode* find_mode(int number) {
  const auto mode = std::ranges::find(lock_modes, number, &LockMode::number);
  return mode == std::end(lock_modes) ? nullptr : &*mode;
}
std::string_view mode_name(int number) {
  const LockMode* const mode = find_mode(number);
  return mode == nullptr ? "Unknown" : mode->name;
}
std::string short_mode(int number) {
  const LockMode* const mode = find_mode(number);
  return mode == nullptr || mode->short_name.empty() ? std::to_string(number) : std::string(mode->short_name);
}
std::string_view name_at(std::span<const std::string_view> names, unsigned number) {
  return number < names.size() ? names[number] : "Unknown";
}

std::vector<std::string_view> flags_in(std::span<const LockFlag> known, u64 flags) {
  std::vector<std::string_view> names;
  for (const LockFlag& flag : known)
    if ((flags & flag.bit) != 0) names.push_back(flag.name);
  return names;
}
/// Each with a blank behind it.
std::string spaced(const std::vector<std::string_view>& names) {
  std::string text;
  for (const std::string_view name : names) text.append(name).append(" ");
  return text;
}

std::vector<std::string_view> lists_of(const DlmResource& resource) {
  std::vector<std::string_view> lists;
  if (resource.on_purge_list) lists.push_back("Purge");
  if (resource.on_dirty_list) lists.push_back("Dirty");
  if (resource.on_recovery_list) lists.push_back("Recovering");
  return lists;
}
std::vector<std::string_view> pending_of(const DlmLock& lock) {
  std::vector<std::string_view> actions;
  if (lock.ast_pending) actions.push_back("Ast");
  if (lock.bast_pending) actions.push_back("Bast");
  if (lock.convert_pending) actions.push_back("Convert");
  if (lock.lock_pending) actions.push_back("Lock");
  if (lock.cancel_pending) actions.push_back("Cancel");
  if (lock.unlock_pending) actions.push_back("Unlock");
  return actions;
}
std::string none_or(const std::string& text) { return text.empty() ? "None" : text; }

std::string hexadecimal(const LockValue& value) {
  std::string digits;
  for (const u8 byte : value) digits += fmt::format("{:02x}", byte);
  return digits;
}

/// `digits` is the value in hexadecimal.
void show_value(std::FILE* out, std::string_view digits) {
  fmt::print(out, "Raw LVB:\t");
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    fmt::print(out, "{} ", digits.substr(i, 2));
    if ((i / 2 + 1) % value_row == 0 && i + 2 < digits.size()) fmt::print(out, "\n\t\t");
  }
  fmt::print(out, "\n");
}

void show_inode_value(std::FILE* out, const InodeLockValue& value) {
  fmt::print(out, "Decoded LVB:\tVersion: {}  Clusters: {}  Size: {}\n", value.version, value.clusters,
             value.size);
  fmt::print(out, "\t\tMode: 0{:o}  UID: {}  GID: {}  Nlink: {}\n", value.mode, value.uid, value.gid,
             value.links);
  fmt::print(out, "\t\tAtime_packed: 0x{:x}\n\t\tCtime_packed: 0x{:x}\n\t\tMtime_packed: 0x{:x}\n",
             value.atime_packed, value.ctime_packed, value.mtime_packed);
}

u64 average_ns(const LockWaits& waits) { return waits.gets == 0 ? 0 : waits.total_ns / waits.gets; }

void show_waits(std::FILE* out, std::string_view mode, const LockWaits& waits, bool last) {
  fmt::print(out, "{} > Gets: {}  Fails: {}    Waits Total: {}us  Max: {}us  Avg: {}ns", mode, waits.gets,
             waits.fails, waits.total_ns / 1000, waits.longest_us, average_ns(waits));
  if (last) fmt::print(out, " Last: {}us", waits.last_us);
  fmt::print(out, "\n");
}

void show_dlm_lock(std::FILE* out, const DlmLock& lock) {
  fmt::print(out, " {:<10}  {:<4}  {:<5}  {:<4}  {:<15}  {:<4}  {:<3}  {:<4}  {}\n",
             DlmLock::queues[lock.queue], lock.node, short_mode(lock.mode), short_mode(lock.wanted),
             fmt::format("{}:{}", lock.cookie_node, lock.cookie_number), lock.references,
             lock.ast_listed ? "Yes" : "No", lock.bast_listed ? "Yes" : "No",
             none_or(spaced(pending_of(lock))));
}

void write_names(JsonWriter& json, std::string_view key, const std::vector<std::string_view>& names) {
  json.begin_array(key);
  for (const std::string_view name : names) json.value(name);
  json.end_array();
}

void write_waits(JsonWriter& json, std::string_view key, const LockWaits& waits, unsigned version) {
  json.begin_object(key).field("gets", waits.gets).field("fails", waits.fails);
  json.field("total_ns", waits.total_ns).field("longest_us", waits.longest_us);
  if (version >= 4) json.field("last_us", waits.last_us);
  json.end_object();
}

void write_inode_value(JsonWriter& json, const InodeLockValue& value) {
  json.begin_object("inode").field("version", value.version).field("clusters", value.clusters);
  json.field("size", value.size).field("mode", value.mode).field("uid", value.uid).field("gid", value.gid);
  json.field("links", value.links).field("atime_packed", value.atime_packed);
  json.field("ctime_packed", value.ctime_packed).field("mtime_packed", value.mtime_packed).end_object();
}

void write_dlm_lock(JsonWriter& json, const DlmLock& lock) {
  json.begin_object().field("queue", DlmLock::queues[lock.queue]).field("node", lock.node);
  json.field("mode", short_mode(lock.mode)).key("wanted");
  lock.wanted == -1 ? json.value(nullptr) : json.value(short_mode(lock.wanted));
  json.field("cookie", fmt::format("{}:{}", lock.cookie_node, lock.cookie_number));
  json.field("references", lock.references);
  json.field("ast_listed", lock.ast_listed).field("bast_listed", lock.bast_listed);
  write_names(json, "pending", pending_of(lock));
  json.end_object();
}

const NodeTraffic* find_node(const NetTraffic& traffic, unsigned node) {
  const auto found = traffic.find(node);
  return found == traffic.end() ? nullptr : &found->second;
}

}  // namespace

void show_file_system_lock(std::FILE* out, const FileSystemLock& lock, bool values) {
  fmt::print(out, "Lockres: {}  Mode: {}\nFlags:", lock.name, mode_name(lock.mode));
  for (const std::string_view flag : flags_in(FileSystemLock::flags_shown, lock.flags))
    fmt::print(out, " {}", flag);
  fmt::print(out, "\nRO Holders: {}  EX Holders: {}\n", lock.readers, lock.writers);
  fmt::print(out, "Pending Action: {}  Pending Unlock Action: {}\n",
             name_at(FileSystemLock::actions, lock.action),
             name_at(FileSystemLock::unlock_actions, lock.unlock_action));
  fmt::print(out, "Requested Mode: {}  Blocking Mode: {}\n", mode_name(lock.requested),
             mode_name(lock.blocking));
  if (values) {
    show_value(out, hexadecimal(lock.value));
    const auto inode = inode_lock_value(lock.value);
    if (lock.name.starts_with('M') && inode) show_inode_value(out, *inode);
  }
  if (lock.version >= 2) {
    show_waits(out, "PR", lock.shared, lock.version >= 4);
    show_waits(out, "EX", lock.exclusive, lock.version >= 4);
    fmt::print(out, "Disk Refreshes: {}", lock.refreshes);
    if (lock.version >= 4) fmt::print(out, " First Wait: {}us", lock.first_wait_us);
    fmt::print(out, "\n");
  }
  fmt::print(out, "\n");
}

void write_file_system_lock(JsonWriter& json, const FileSystemLock& lock) {
  json.begin_object().field("name", lock.name).field("mode", mode_name(lock.mode));
  write_names(json, "flags", flags_in(FileSystemLock::flags_shown, lock.flags));
  json.field("ro_holders", lock.readers).field("ex_holders", lock.writers);
  json.field("pending_action", name_at(FileSystemLock::actions, lock.action));
  json.field("pending_unlock_action", name_at(FileSystemLock::unlock_actions, lock.unlock_action));
  json.field("requested_mode", mode_name(lock.requested)).field("blocking_mode", mode_name(lock.blocking));
  json.field("value", hexadecimal(lock.value));
  if (const auto inode = inode_lock_value(lock.value); lock.name.starts_with('M') && inode)
    write_inode_value(json, *inode);
  if (lock.version >= 2) {
    write_waits(json, "pr", lock.shared, lock.version);
    write_waits(json, "ex", lock.exclusive, lock.version);
    json.field("disk_refreshes", lock.refreshes);
    if (lock.version >= 4) json.field("first_wait_us", lock.first_wait_us);
  }
  json.end_object();
}

void show_dlm_resource(std::FILE* out, const DlmResource& resource, bool values) {
  fmt::print(out, "Lockres: {:<32}  Owner: {:<3}  State: 0x{:X} {}\n", resource.name, resource.owner,
             resource.state, spaced(flags_in(DlmResource::states, resource.state)));
  fmt::print(out, "Last Used: {:<5}  ASTs Reserved: {:<3}  Inflight: {:<3}  Migration Pending: {}\n",
             resource.last_used, resource.asts_reserved, resource.inflight,
             resource.migration_pending ? "Yes" : "No");
  fmt::print(out, "Refs: {:<3}  Locks: {:<3}  On Lists: {}\n", resource.references, resource.locks.size(),
             none_or(spaced(lists_of(resource))));
  fmt::print(out, "Reference Map: {}\n", resource.nodes);
  if (values && !resource.value.empty()) show_value(out, resource.value);
  fmt::print(out, " {:<10}  {:<4}  {:<5}  {:<4}  {:<15}  {:<4}  {:<3}  {:<4}  {}\n", "Lock-Queue", "Node",
             "Level", "Conv", "Cookie", "Refs", "AST", "BAST", "Pending-Action");
  for (unsigned queue = 0; queue < std::size(DlmLock::queues); ++queue)
    for (const DlmLock& lock : resource.locks)
      if (lock.queue == queue) show_dlm_lock(out, lock);
  fmt::print(out, "\n");
}

void write_dlm_resource(JsonWriter& json, const DlmResource& resource) {
  json.begin_object().field("name", resource.name).field("owner", resource.owner);
  json.field("state", resource.state);
  write_names(json, "states", flags_in(DlmResource::states, resource.state));
  json.field("last_used", resource.last_used).field("asts_reserved", resource.asts_reserved);
  json.field("inflight", resource.inflight).field("migration_pending", resource.migration_pending);
  json.field("references", resource.references);
  write_names(json, "lists", lists_of(resource));
  json.begin_array("reference_map");
  for (const std::string& node : pieces(resource.nodes)) json.value(small_number(node).value_or(0));
  json.end_array().field("value", resource.value).begin_array("locks");
  for (const DlmLock& lock : resource.locks) write_dlm_lock(json, lock);
  json.end_array().end_object();
}

void show_traffic(std::FILE* out, const NetTraffic& before, const NetTraffic& now, unsigned seconds) {
  constexpr std::string_view dashes = "---------------------------";
  fmt::print(out, "       ------- msg / sec -------   {0} usecs / msg {0}\n", dashes);
  fmt::print(out, "{:<5}  {:<12} {:<12}  {:<12}   {:<12}  {:<13} {:<12} {:<12}\n", "Node#", "send q",
             "recv q", "(acquiry", "xmit", "wait        )", "send", "process");
  for (const auto& [number, node] : now) {
    const TrafficRate rate = traffic_rate(find_node(before, number), node, seconds);
    fmt::print(out, "{:<5}  {:<12} {:<12}   {:<12.3f}  {:<12.3f}  {:<12.3f}  {:<12.3f} {:<12.3f}\n", number,
               static_cast<u64>(rate.sent), static_cast<u64>(rate.received), rate.acquiry_us, rate.send_us,
               rate.wait_us, rate.sending_us(), rate.process_us);
  }
  fmt::print(out, "\n\n");
}

void write_traffic(JsonWriter& json, const NetTraffic& before, const NetTraffic& now, unsigned seconds) {
  json.begin_array();
  for (const auto& [number, node] : now) {
    const TrafficRate rate = traffic_rate(find_node(before, number), node, seconds);
    json.begin_object().field("node", number).field("sent", rate.sent).field("received", rate.received);
    json.field("acquiry_us", rate.acquiry_us).field("send_us", rate.send_us).field("wait_us", rate.wait_us);
    json.field("sending_us", rate.sending_us()).field("process_us", rate.process_us).end_object();
  }
  json.end_array();
}

}  // namespace ocfs2
