// SPDX-License-Identifier: GPL-2.0-or-later
//
// The actions of the init script: o2cb start, stop, status and so on (spec: cluster.md L1, commands.md 18).
#include <fmt/format.h>

#include <functional>

#include "cmd/o2cb.h"
#include "cmd/o2cb_kernel.h"
#include "cmd/o2cb_service.h"
#include "cmd/options.h"
#include "engine/error.h"
#include "engine/refusal.h"
#include "engine/text_lines.h"
#include "net/config_file.h"
#include "net/words.h"

namespace ocfs2 {
namespace {

/// Runs an action with a service on this machine, and the cluster that was named or that starts at boot.
int with_service(const O2cbRun& run, std::span<char*> arguments, std::string_view summary,
                 const std::function<int(O2cbService&, const std::string&)>& action) {
  std::optional<std::string> cluster;
  Options options(arguments, summary);
  options.positional("CLUSTER", cluster,
                     "The cluster's name; without: O2CB_BOOTCLUSTER of the service's settings");
  if (const auto status = options.parse()) return *status;
  SystemHost host;
  SystemTree tree;
  O2cbService service(run, host, tree, {});
  return action(service, cluster.value_or(service.settings().get("O2CB_BOOTCLUSTER")));
}

void bring_online(O2cbService& service, const std::string& cluster) {
  if (cluster.empty())
    fail(ErrorKind::not_found, "Cluster not known: name one, or set O2CB_BOOTCLUSTER in {}",
         o2cb_settings_path());
  service.online(cluster);
}

/// The cluster that is to be stopped: the one named, or whatever is registered.
void take_offline(O2cbService& service, const std::string& cluster) {
  SystemTree tree;
  service.offline(cluster.empty() ? KernelCluster(tree, "").active() : cluster);
}

void start(O2cbService& service, const std::string& cluster) {
  if (!service.settings().enabled()) {
    fmt::print(stderr,
               "o2cb: not started: O2CB_ENABLED is not \"true\" in {}; to change that, run: o2cb enable\n",
               o2cb_settings_path());
    return;
  }
  service.load();
  bring_online(service, cluster);
}

void stop(O2cbService& service, const std::string& cluster) {
  take_offline(service, cluster);
  service.unload();
}

void save(const O2cbSettings& settings) {
  const std::string path = o2cb_settings_path();
  fmt::print("Writing O2CB configuration: ");
  const ConfigLock lock(path);
  if (const auto refusal = replace_file(path, settings.text())) {
    fmt::print("Failed\n");
    fail_refused(*refusal);
  }
  fmt::print("OK\n");
}

int set_enabled(const O2cbRun& run, std::span<char*> arguments, bool enabled) {
  Options options(arguments, enabled ? "Start the cluster at boot, and now."
                                     : "Do not start the cluster at boot, and stop it now.");
  if (const auto status = options.parse()) return *status;
  O2cbSettings settings = read_o2cb_settings();
  settings.set("O2CB_ENABLED", enabled ? "true" : "false");
  save(settings);
  SystemHost host;
  SystemTree tree;
  O2cbService service(run, host, tree, {});
  enabled ? start(service, settings.get("O2CB_BOOTCLUSTER"))
          : stop(service, settings.get("O2CB_BOOTCLUSTER"));
  return 0;
}

/// One question of `configure`, which an option may have answered.
struct Question {
  std::string variable;
  std::string prompt;  ///< without the current value
  std::string shown;   ///< the current value
  std::optional<std::string> given{};
  /// The value for an answer; nothing when it cannot be one.
  std::function<std::optional<std::string>(const std::string&)> take;
};

/// Asks until there is an answer that can be; an empty one keeps what is. Error(interrupted) at the end of
/// the input.
void ask(const Question& question, O2cbSettings& settings, bool keep) {
  std::optional<std::string> answer = question.given;
  while (true) {
    if (!answer && keep) return;
    if (!answer) {
      fmt::print("{} [{}]: ", question.prompt, question.shown);
      std::fflush(stdout);
      std::string line;
      if (!read_line(stdin, line))
        fail(ErrorKind::interrupted,
             "the input ended before all questions were answered; nothing was written");
      answer = std::string(trimmed(line));
      if (answer->empty()) answer = question.shown;
      if (answer->empty()) return;
    }
    if (const auto value = question.take(*answer)) return settings.set(question.variable, *value);
    if (question.given)
      fail(ErrorKind::invalid_argument, "'{}' is no answer to: {}", *answer, question.prompt);
    fmt::print(stderr, "Invalid answer: {}\n", *answer);
    answer.reset();
  }
}

/// Who configures the service for the first time wants it, and the only cluster there is.
std::vector<Question> questions(const O2cbSettings& settings, const std::vector<std::string>& clusters) {
  const std::string cluster = settings.get("O2CB_BOOTCLUSTER");
  std::vector<Question> all;
  all.push_back({"O2CB_ENABLED",
                 "Load O2CB driver on boot (y/n)",
                 settings.enabled() || settings.get("O2CB_ENABLED").empty() ? "y" : "n",
                 {},
                 [](const std::string& answer) -> std::optional<std::string> {
                   const std::string word = lower(answer);
                   if (word == "y" || word == "yes") return "true";
                   return word == "n" || word == "no" ? std::optional<std::string>("false") : std::nullopt;
                 }});
  all.push_back(
      {"O2CB_STACK", "Cluster stack backing O2CB", settings.stack(), {}, [](const std::string& answer) {
         return answer.size() == 4 ? std::optional(answer) : std::nullopt;
       }});
  all.push_back({"O2CB_BOOTCLUSTER",
                 "Cluster to start on boot (Enter \"none\" to clear)",
                 cluster.empty() && clusters.size() == 1 ? clusters.front() : cluster,
                 {},
                 [](const std::string& answer) -> std::optional<std::string> {
                   if (answer == "none") return "";
                   return cluster_name_fault(answer).empty() ? std::optional(answer) : std::nullopt;
                 }});
  for (const O2cbTime& time : o2cb_times) {
    const std::string now = std::to_string(settings.time(time).value_or(time.usual));
    all.push_back({std::string(time.variable),
                   fmt::format("Specify {} (>={})", time.words, time.least),
                   now,
                   {},
                   [least = time.least](const std::string& answer) {
                     return small_number(answer).value_or(0) >= least ? std::optional(answer) : std::nullopt;
                   }});
  }
  return all;
}

}  // namespace

int o2cb_load(const O2cbRun& run, std::span<char*> arguments) {
  return with_service(run, arguments, "Load the modules and mount the file systems that a cluster needs.",
                      [](O2cbService& service, const std::string&) { return service.load(), 0; });
}

int o2cb_unload(const O2cbRun& run, std::span<char*> arguments) {
  return with_service(
      run, arguments, "Stop the cluster, unload the modules and unmount their file systems.",
      [](O2cbService& service, const std::string& cluster) { return stop(service, cluster), 0; });
}

int o2cb_online(const O2cbRun& run, std::span<char*> arguments) {
  return with_service(
      run, arguments, "Register a cluster, set its times and start its heartbeat.",
      [](O2cbService& service, const std::string& cluster) { return bring_online(service, cluster), 0; });
}

int o2cb_offline(const O2cbRun& run, std::span<char*> arguments) {
  return with_service(
      run, arguments, "Stop a cluster's heartbeat and have the kernel forget it.",
      [](O2cbService& service, const std::string& cluster) { return take_offline(service, cluster), 0; });
}

int o2cb_start(const O2cbRun& run, std::span<char*> arguments) {
  return with_service(
      run, arguments, "Load and go online, when the service is enabled.",
      [](O2cbService& service, const std::string& cluster) { return start(service, cluster), 0; });
}

int o2cb_stop(const O2cbRun& run, std::span<char*> arguments) {
  return with_service(
      run, arguments, "Go offline and unload.",
      [](O2cbService& service, const std::string& cluster) { return stop(service, cluster), 0; });
}

int o2cb_restart(const O2cbRun& run, std::span<char*> arguments) {
  return with_service(run, arguments, "Stop and start.",
                      [](O2cbService& service, const std::string& cluster) {
                        stop(service, cluster);
                        return start(service, cluster), 0;
                      });
}

int o2cb_status(const O2cbRun& run, std::span<char*> arguments) {
  return with_service(run, arguments, "Show modules, file systems, the cluster and its heartbeat.",
                      [](O2cbService& service, const std::string& cluster) {
                        service.print_status(cluster);
                        return cluster.empty() ? 1 : 0;
                      });
}

int o2cb_online_status(const O2cbRun& run, std::span<char*> arguments) {
  return with_service(
      run, arguments, "One word: online (exit status 0), offline (1) or error (2).",
      [](O2cbService& service, const std::string& cluster) { return service.print_online_status(cluster); });
}

int o2cb_enable(const O2cbRun& run, std::span<char*> arguments) { return set_enabled(run, arguments, true); }
int o2cb_disable(const O2cbRun& run, std::span<char*> arguments) {
  return set_enabled(run, arguments, false);
}

int o2cb_configure(const O2cbRun& run, std::span<char*> arguments) {
  O2cbSettings settings = read_o2cb_settings();
  std::vector<Question> all = questions(settings, read_cluster_conf(run.conf_path).clusters());
  bool keep = false;
  constexpr const char* spellings[] = {"--enabled=y|n",       "--stack=STACK",     "--cluster=NAME",
                                       "--threshold=COUNT",   "--idle-timeout=MS", "--keepalive-delay=MS",
                                       "--reconnect-delay=MS"};
  Options options(arguments,
                  "Ask what the service shall do at boot and which times it uses, write it down, and "
                  "start or stop the cluster. Options answer beforehand.");
  for (std::size_t i = 0; i < all.size(); ++i) options.text(spellings[i], all[i].given, all[i].prompt);
  options.flag("-y, --yes", keep, "Ask nothing: what no option says stays as it is");
  if (const auto status = options.parse()) return *status;
  if (!keep)
    fmt::print(
        "Configuring the O2CB driver: at boot, and the times after which a node counts as dead.\n"
        "ENTER keeps the value in brackets, Ctrl-C changes nothing.\n\n");
  for (const Question& question : all) ask(question, settings, keep);
  save(settings);
  SystemHost host;
  SystemTree tree;
  O2cbService service(run, host, tree, {});
  const std::string cluster = settings.get("O2CB_BOOTCLUSTER");
  settings.enabled() ? start(service, cluster) : stop(service, cluster);
  return 0;
}

}  // namespace ocfs2
