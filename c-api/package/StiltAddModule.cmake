# Makes a WebAssembly module a part of a program.
#
#   stilt_add_module(TARGET module.wasm [NAME name] [OPTIONS option...])
#
# compiles the module when TARGET is built, and again whenever the module or the compiler changes; links it, and the library,
# into TARGET; and puts its header where TARGET's sources find it: `#include "stilt.h"`, then `#include "NAME.h"`. NAME is the module's
# symbol in C, and that of its file unless said otherwise. OPTIONS are those of `stilt compile`, beside or in place of
# what this library's machine asks for (@STILT_MODULE_OPTIONS@): `--interrupt epoch`, `-O size`, `--strip`, ...
#
# The command is looked for in PATH; -DSTILT_COMMAND=/path/to/stilt names another.

function(stilt_add_module target module)
  set(call "stilt_add_module(${target} ${module})")
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "NAME" "OPTIONS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "${call}: unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT TARGET ${target})
    message(FATAL_ERROR "${call}: there is no target ${target}; add_executable comes first")
  endif()
  cmake_path(ABSOLUTE_PATH module BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
  get_target_property(home ${target} SOURCE_DIR)
  if(NOT home STREQUAL CMAKE_CURRENT_SOURCE_DIR)
    message(FATAL_ERROR "${call}: ${target} is one of ${home}, where this has to be said, too")
  endif()
  get_source_file_property(generated "${module}" GENERATED)
  if(NOT generated AND NOT EXISTS "${module}")
    message(FATAL_ERROR "${call}: there is no file ${module}")
  endif()
  if(NOT arg_NAME)
    cmake_path(GET module STEM LAST_ONLY arg_NAME)
  endif()
  if(NOT arg_NAME MATCHES "^[A-Za-z_][A-Za-z0-9_]*$")
    message(FATAL_ERROR "${call}: `${arg_NAME}` is no name in C; NAME gives it another")
  endif()
  get_target_property(names ${target} STILT_MODULES)
  if(arg_NAME IN_LIST names)
    message(FATAL_ERROR "${call}: ${target} has a module of the name ${arg_NAME} already; NAME gives this one another")
  endif()
  set_property(TARGET ${target} APPEND PROPERTY STILT_MODULES ${arg_NAME})
  _stilt_check_command("${call}")
  # If it is replaced, it is looked at anew.
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${STILT_COMMAND}")

  # Pairs of an option and its value. A described device takes the place of a target, too.
  set(options ${Stilt_MODULE_OPTIONS})
  foreach(option IN LISTS arg_OPTIONS)
    if(option MATCHES "^(--[a-z-]+)(=.*)?$")
      string(REGEX REPLACE "^--target-file$" "--target" option "${CMAKE_MATCH_1}")
      list(FIND options "${option}" at)
      if(at GREATER_EQUAL 0)
        list(REMOVE_AT options ${at})
        list(REMOVE_AT options ${at})
      endif()
    endif()
  endforeach()

  set(folder "${CMAKE_CURRENT_BINARY_DIR}/stilt_modules/${target}")
  set(object "${folder}/${arg_NAME}.o")
  set(header "${folder}/${arg_NAME}.h")
  file(MAKE_DIRECTORY "${folder}")
  add_custom_command(
    OUTPUT "${object}" "${header}"
    COMMAND "${STILT_COMMAND}" compile "${module}" --emit obj --name ${arg_NAME} ${options} ${arg_OPTIONS}
            -o "${object}" --header "${header}"
    DEPENDS "${module}" "${STILT_COMMAND}"
    COMMENT "Compiling ${arg_NAME} for ${Stilt_TARGET}"
    VERBATIM)
  set_source_files_properties("${object}" PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
  target_sources(${target} PRIVATE "${object}" "${header}")
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "OBJECT_LIBRARY")
    # CMake gives what links with it the objects that it compiles itself, and no other.
    target_link_libraries(${target} INTERFACE "${object}")
  endif()
  target_include_directories(${target} PRIVATE "${folder}")
  target_link_libraries(${target} PRIVATE Stilt::stilt)
endfunction()

# Images are those of one version: a compiler of another is found out here, not on the board.
function(_stilt_check_command call)
  if(NOT STILT_COMMAND)
    message(FATAL_ERROR
      "${call}: no command `stilt` in PATH. It compiles WebAssembly on this machine and comes apart from this library: take "
      "version @STILT_VERSION@, and put it into PATH or set STILT_COMMAND to where it is")
  endif()
  execute_process(COMMAND "${STILT_COMMAND}" --version OUTPUT_VARIABLE said RESULT_VARIABLE failed ERROR_QUIET
    OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(failed)
    message(FATAL_ERROR "${call}: ${STILT_COMMAND} cannot be run: ${failed}")
  endif()
  if(NOT said STREQUAL "stilt @STILT_VERSION@")
    message(FATAL_ERROR "${call}: ${STILT_COMMAND} is `${said}`, and this library reads what version @STILT_VERSION@ compiles")
  endif()
endfunction()
