# Compiles WebAssembly modules ahead of time as part of a CMake build.
#
#   include(StiltCompile)
#   stilt_compile(NAME MODULES file... [TARGETS name...] [TARGET_FILES file...]
#                 [OPTIONS option...] [FOLDER folder])
#
# makes a target NAME, built by default, that compiles every module for every target (see `stilt targets`) or described
# device, and again whenever a module, a description or the compiler changes. OPTIONS are those of `stilt compile`. Images go to
# FOLDER, which is the current binary directory unless said otherwise; their paths are in the target's property STILT_IMAGES:
# MODULE.cwasm, or MODULE.TARGET.cwasm where there are several targets.
#
# The command is looked for in PATH; -DSTILT_COMMAND=/path/to/stilt names another. Needs CMake 3.20.

cmake_minimum_required(VERSION 3.20)

# One of the host's, also where all else is looked for among another machine's files.
find_program(STILT_COMMAND stilt DOC "The stilt command, which compiles WebAssembly ahead of time" NO_CMAKE_FIND_ROOT_PATH)

function(stilt_compile name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "FOLDER" "MODULES;TARGETS;TARGET_FILES;OPTIONS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "stilt_compile(${name}): unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_MODULES)
    message(FATAL_ERROR "stilt_compile(${name}): no MODULES given")
  endif()
  if(NOT STILT_COMMAND)
    message(FATAL_ERROR "stilt_compile(${name}): no command `stilt` in PATH; set STILT_COMMAND to where it is")
  endif()
  if(NOT arg_FOLDER)
    set(arg_FOLDER "${CMAKE_CURRENT_BINARY_DIR}")
  endif()
  cmake_path(ABSOLUTE_PATH arg_FOLDER BASE_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")

  set(targets "")
  set(names "")
  foreach(target IN LISTS arg_TARGETS)
    list(APPEND targets --target "${target}")
    list(APPEND names "${target}")
  endforeach()
  set(described "")
  foreach(file IN LISTS arg_TARGET_FILES)
    cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
    list(APPEND targets --target-file "${file}")
    list(APPEND described "${file}")
    cmake_path(GET file STEM LAST_ONLY stem)
    list(APPEND names "${stem}")
  endforeach()
  list(LENGTH names count)

  set(modules "")
  set(images "")
  foreach(module IN LISTS arg_MODULES)
    cmake_path(ABSOLUTE_PATH module BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
    list(APPEND modules "${module}")
    cmake_path(GET module STEM LAST_ONLY stem)
    if(count GREATER 1)
      foreach(target IN LISTS names)
        list(APPEND images "${arg_FOLDER}/${stem}.${target}.cwasm")
      endforeach()
    else()
      list(APPEND images "${arg_FOLDER}/${stem}.cwasm")
    endif()
  endforeach()

  add_custom_command(
    OUTPUT ${images}
    COMMAND "${STILT_COMMAND}" compile ${modules} ${targets} ${arg_OPTIONS} --out-dir "${arg_FOLDER}"
    DEPENDS ${modules} ${described} "${STILT_COMMAND}"
    COMMENT "Compiling WebAssembly for ${name}"
    VERBATIM COMMAND_EXPAND_LISTS)
  add_custom_target(${name} ALL DEPENDS ${images})
  set_target_properties(${name} PROPERTIES STILT_IMAGES "${images}")
endfunction()
