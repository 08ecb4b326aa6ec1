// SPDX-License-Identifier: GPL-2.0-or-later
//
// The cluster as a service: what the init script of the reference does, step by step and in its words
// (spec: cluster.md L1, L2). A step that is done already says nothing.
#pragma once

#include <cstdio>
#include <string>

#include "cmd/o2cb.h"
#include "net/host.h"
#include "net/kernel_cluster.h"

namespace ocfs2 {

class O2cbService {
 public:
  /// Where things are; tests have their own.
  struct Places {
    std::string root{};  ///< in front of /sys, /etc, /proc and /dlm
    std::FILE* out = stdout;
  };

  O2cbService(const O2cbRun& run, Host& host, KernelTree& tree, Places places);

  // All throw Error when a step fails, whose line then ends in "Failed".

  void load();
  void online(const std::string& cluster);
  void offline(const std::string& cluster);
  void unload();

  void print_status(const std::string& cluster);
  /// 0 online, 1 offline, 2 it cannot be told; prints the word.
  int print_online_status(const std::string& cluster);

  const O2cbSettings& settings() const { return settings_; }

 private:
  template <class Work>
  void step(const std::string& title, const Work& work);
  void load_file_system(const std::string& type, const std::string& folder);
  void load_stack();
  void set_stack();
  void start_cluster(KernelCluster& kernel, const ClusterConf& conf, const std::string& cluster);
  void clean_domains();
  void stop_heartbeat(KernelCluster& kernel, const std::string& cluster);
  void unload_stack();
  void print_file_system(const std::string& type, const std::string& folder);
  void print_cluster(const std::string& cluster);
  bool user_stack() const { return settings_.stack() != "o2cb"; }
  bool plugin_loaded(const std::string& plugin);
  std::string at(const std::string& path) const { return places_.root + path; }
  KernelCluster kernel_cluster(const std::string& name) { return {tree_, name, at(clusters_folder)}; }

  const O2cbRun& run_;
  Host& host_;
  KernelTree& tree_;
  Places places_;
  O2cbSettings settings_;
};

}  // namespace ocfs2
