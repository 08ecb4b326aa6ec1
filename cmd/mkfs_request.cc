// SPDX-License-Identifier: GPL-2.0-or-later
//
// From the words of mkfs.ocfs2's command line to a request. The wordings of the refusals keep the phrases
// that administrators search for.
#include <algorithm>
#include <bit>
#include <cctype>

#include "cmd/feature_words.h"
#include "cmd/mkfs.h"
#include "cmd/options.h"
#include "engine/error.h"
#include "ondisk/features.h"

namespace ocfs2 {
namespace {

constexpr std::size_t label_length_max = 63;
constexpr std::size_t cluster_name_length_max = 16;

[[noreturn]] void refuse(const std::string& words) { throw Error(ErrorKind::invalid_argument, words); }

/// A size between `least` and `most`, rounded down to a power of two as these options have always been.
u32 power_of_two(const std::string& text, u32 least, u32 most, const char* what) {
  const std::optional<u64> size = size_from(text, SIZES_TO_G);
  if (!size || *size < least || *size > most)
    fail(ErrorKind::invalid_argument, "Specify a {} between {} and {} in powers of 2, not '{}'", what, least,
         most, text);
  return static_cast<u32>(std::bit_floor(*size));
}

u32 slots_from(const std::string& text) {
  const std::optional<u64> slots = number_from(text);
  if (!slots || *slots > slots_max)
    fail(ErrorKind::invalid_argument, "Initial node slots must be no more than {}, and a number; '{}' is not",
         slots_max, text);
  if (*slots < 1) refuse("Initial node slots must be at least 1");
  return static_cast<u32>(*slots);
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(separator, at), text.size());
    if (end > at) parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

u64 journal_bytes_from(const std::string& text) {
  const std::optional<u64> bytes = size_from(text, SIZES_TO_G);
  if (!bytes || *bytes < journal_bytes_min)
    fail(ErrorKind::invalid_argument, "Invalid journal size: {}\nSize must be greater than {} bytes", text,
         journal_bytes_min);
  return *bytes;
}

void take_journal_options(const std::string& text, FormatRequest& request) {
  for (const std::string& word : split(text, ',')) {
    if (word.starts_with("size="))
      request.journal_bytes = journal_bytes_from(word.substr(5));
    else if (word == "block64" || word == "noblock32")
      request.journal_block64 = true;
    else if (word == "block32" || word == "noblock64")
      request.journal_block64 = false;
    else
      fail(ErrorKind::invalid_argument,
           "Bad journal options specified: '{}'. Valid journal options are:\n"
           "\tsize=<journal size>\n\t[no]block32\n\t[no]block64",
           word);
  }
}

VolumeType type_from(const std::string& text) {
  if (text == "mail") return VolumeType::mail;
  if (text == "datafiles") return VolumeType::datafiles;
  if (text == "vmstore") return VolumeType::vmstore;
  fail(ErrorKind::invalid_argument, "Bad fs type option specified: '{}' is none of mail, datafiles, vmstore",
       text);
}

bool local_from(const std::string& text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  if (lower == "local") return true;
  if (lower == "cluster") return false;
  fail(ErrorKind::invalid_argument, "Invalid mount type {}: it must be local or cluster", text);
}

/// The -E words; the only one is offset=BYTES.
u64 offset_from(const std::vector<std::string>& extended) {
  u64 offset = 0;
  for (const std::string& list : extended)
    for (const std::string& word : split(list, ',')) {
      const std::optional<u64> bytes =
          word.starts_with("offset=") ? size_from(word.substr(7), SIZES_TO_P) : std::nullopt;
      if (!bytes)
        fail(ErrorKind::invalid_argument,
             "Bad extended option '{}': the only one is offset=BYTES (suffixes K M G T P)", word);
      if (*bytes % block_size_max != 0)
        fail(ErrorKind::invalid_argument, "Bad offset {}: a volume must begin at a multiple of {} bytes",
             *bytes, block_size_max);
      offset = *bytes;
    }
  return offset;
}

std::string joined(const std::vector<std::string>& lists) {
  std::string all;
  for (const std::string& list : lists) all += (all.empty() ? "" : ",") + list;
  return all;
}

Features features_from(const MkfsWords& words, MkfsRequest& request) {
  const std::string level_name = words.feature_level.value_or("default");
  const std::optional<FeatureLevel> level = parse_feature_level(level_name);
  if (!level)
    fail(ErrorKind::invalid_argument,
         "Unsupported feature(s) found when parsing fs-feature-level string: '{}' is none of max-compat, "
         "default, "
         "max-features",
         level_name);
  std::variant<FeatureRequest, FeatureListError> parsed;
  if (!words.features.empty()) parsed = parse_feature_list(joined(words.features));
  if (const auto* error = std::get_if<FeatureListError>(&parsed))
    throw Error(ErrorKind::invalid_argument,
                feature_list_refusal(*error, " when parsing fs-features string"));
  const auto& wishes = std::get<FeatureRequest>(parsed);
  request.clusterinfo_wished = wishes.set.has(feature::clusterinfo);
  const Features features = wishes.applied_to(features_of(*level));
  return words.no_backup_super ? features.without(feature::backup_super) : features;
}

bool is_known_stack(const std::string& stack) {
  return stack == "o2cb" || stack == "pcmk" || stack == "cman";
}

bool is_alphanumeric(const std::string& name) {
  return std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) != 0; });
}

std::optional<ClusterInfo> cluster_from(const MkfsWords& words, bool local) {
  const std::string invalid = "Cluster stack is invalid ; ";
  if (!words.cluster_stack && !words.cluster_name && !words.global_heartbeat) return std::nullopt;
  if (local) refuse(invalid + "local mount is incompatible with the specified cluster attribute");
  if (!words.cluster_stack && !words.cluster_name)
    return std::nullopt;  // --global-heartbeat: of the running cluster
  const std::string stack = words.cluster_stack.value_or(""), name = words.cluster_name.value_or("");
  if (stack.empty()) refuse(invalid + "missing cluster stack; give --cluster-stack=o2cb, pcmk or cman");
  if (!is_known_stack(stack))
    refuse(invalid + "unknown cluster stack '" + stack + "'; it is o2cb, pcmk or cman");
  if (name.empty()) refuse(invalid + "missing cluster name; give --cluster-name=NAME");
  if (name.size() > cluster_name_length_max || (stack == "o2cb" && !is_alphanumeric(name)))
    refuse(invalid + "max 16 alpha-numeric characters, which the cluster name '" + name + "' is not");
  if (words.global_heartbeat && stack != "o2cb")
    refuse(invalid + "global heartbeat mode is only applicable to the o2cb cluster stack");
  return ClusterInfo{stack, name, words.global_heartbeat};
}

}  // namespace

MkfsRequest request_from(const MkfsWords& words) {
  MkfsRequest request;
  FormatRequest& format = request.format;
  if (words.block_size)
    format.block_size = power_of_two(*words.block_size, block_size_min, block_size_max, "blocksize");
  if (words.cluster_size)
    format.cluster_size =
        power_of_two(*words.cluster_size, cluster_size_min, cluster_size_max, "clustersize");
  if (words.slots) format.slots = slots_from(*words.slots);
  for (const std::string& list : words.journal) take_journal_options(list, format);
  if (words.type) format.type = type_from(*words.type);
  if (words.blocks) {
    format.blocks = size_from(*words.blocks, SIZES_TO_G);
    if (!format.blocks || *format.blocks == 0)
      fail(ErrorKind::invalid_argument, "Block count bad - {}: it must be a number of blocks above 0",
           *words.blocks);
  }
  if (words.label && words.label->size() > label_length_max)
    fail(ErrorKind::invalid_argument, "Volume label too long: must be less than {} characters, and has {}",
         label_length_max + 1, words.label->size());
  format.label = words.label.value_or("");
  if (words.uuid && !(request.uuid = parse_uuid(*words.uuid)))
    fail(ErrorKind::invalid_argument,
         "Invalid UUID specified: '{}' is neither 32 hexadecimal digits nor 36 characters with dashes",
         *words.uuid);
  format.heartbeat_only = words.heartbeat_only;
  format.features = features_from(words, request);
  format.local = words.mount ? local_from(*words.mount) : format.features.has(feature::local);
  format.features = format.features.without(feature::local);
  format.cluster = cluster_from(words, format.local);
  request.offset = offset_from(words.extended);
  if (words.shrink_to_fit && !words.source)
    refuse("--shrink-to-fit is for a volume that is filled: name what with -d");
  return request;
}

}  // namespace ocfs2
