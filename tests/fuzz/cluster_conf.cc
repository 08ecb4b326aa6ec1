// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any text is read as a cluster.conf or complained about. Writing it gives what means the same, has no faults
// of form, and is written the same again. The service's settings beside it: any text stays as it was but for
// what is set.
#include <algorithm>

#include "net/cluster_conf_check.h"
#include "net/o2cb_settings.h"

namespace {

void demand(bool condition) {
  if (!condition) __builtin_trap();
}

bool same_values(const ocfs2::ConfSection& a, const ocfs2::ConfSection& b) {
  return a.kind == b.kind &&
         std::ranges::equal(a.values, b.values, [](const ocfs2::ConfValue& x, const ocfs2::ConfValue& y) {
           return x.key == y.key && x.value == y.value;
         });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const ocfs2::ClusterConf conf = ocfs2::parse_cluster_conf(text);
  ocfs2::check_cluster_conf(conf);
  for (const std::string& cluster : conf.clusters()) {
    conf.nodes(cluster);
    conf.regions(cluster);
  }
  const std::string written = conf.text();
  const ocfs2::ClusterConf again = ocfs2::parse_cluster_conf(written);
  demand(std::ranges::equal(conf.sections, again.sections, same_values));
  demand(again.text() == written);
  demand(std::ranges::none_of(again.complaints, &ocfs2::ConfComplaint::error));
  ocfs2::compare_cluster_confs(conf, again, "copy");

  ocfs2::O2cbSettings settings(text);
  settings.faults();
  settings.set("O2CB_STACK", "pcmk");
  demand(ocfs2::O2cbSettings(settings.text()).stack() == "pcmk");
  return 0;
}
