// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/ocfs1.h"

#include <algorithm>

namespace ocfs2 {
namespace {

constexpr std::string_view version1_signature = "OracleCFS";
constexpr std::string_view notice = "this is an ocfs2 volume";
constexpr u8 fill = 0x02;

template <std::size_t Size>
void put_notice(std::array<char, Size>& field) {
  std::copy(notice.begin(), notice.end(), field.begin());
  field[notice.size()] = '\0';
}

}  // namespace

bool is_ocfs1(ConstBytes start) {
  if (start.size() < 512) return false;
  const auto& header = as<Ocfs1VolumeHeader>(start);
  return header.major_version == Ocfs1VolumeHeader::version1 ||
         std::string_view(header.signature.data(), header.signature.size()).starts_with(version1_signature);
}

void format_ocfs1_prefix(Bytes start) {
  std::fill(start.begin(), start.end(), fill);
  put_notice(as<Ocfs1VolumeHeader>(start).signature);
  put_notice(as<Ocfs1VolumeHeader>(start).mount_point);
  put_notice(as<Ocfs1VolumeLabel>(start.subspan(512)).label);
  put_notice(as<Ocfs1VolumeLabel>(start.subspan(512)).cluster_name);
}

}  // namespace ocfs2
